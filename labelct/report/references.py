"""What a report cites: a line for readers, an entry for BibTeX."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """A work that is cited.

    Attributes:
        key: Its name in BibTeX.
        kind: Its kind there: `article`, `inproceedings` or `software`.
        authors: As BibTeX has them, joined by `and`.
        title: Its title.
        where: Journal or book, with volume and pages.
        year: When.
        doi: Its DOI, or an address; empty where there is none.
    """

    key: str
    kind: str
    authors: str
    title: str
    where: str
    year: str
    doi: str = ""

    @property
    def text(self) -> str:
        """The reference in a line."""
        names = self.authors.split(" and ")
        few = len(names) < 3 and "others" not in names
        shown = " and ".join(names) if few else f"{names[0]} et al."
        parts = [f"{shown}: {self.title}", self.where, self.year, self.doi]
        return ". ".join(part.rstrip(".") for part in parts if part) + "."

    @property
    def bibtex(self) -> str:
        """The entry."""
        field = {"article": "journal", "inproceedings": "booktitle"}.get(self.kind, "howpublished")
        link = "url" if self.doi.startswith("http") else "doi"
        fields = {"author": self.authors, "title": f"{{{self.title}}}", field: self.where, "year": self.year}
        lines = [f"  {name} = {{{_tex(value)}}}," for name, value in (fields | {link: self.doi}).items() if value]
        return "\n".join([f"@{self.kind}{{{self.key},", *lines, "}"])


def _tex(text: str) -> str:
    return re.sub(r"([&%#_])", r"\\\1", text) if "://" not in text else text


KNOWN = {
    reference.key: reference
    for reference in (
        Reference(
            "tsanda2025",
            "inproceedings",
            "Tsanda, Artyom and Nickisch, Hannes and Wissel, Tobias and Klinder, Tobias and Knopp, Tobias and "
            "Grass, Michael",
            "Learning CT Segmentation from Label Masks Only",
            "Medical Imaging with Deep Learning, short papers",
            "2025",
        ),
        Reference(
            "liu2020",
            "inproceedings",
            "Liu, Yucheng and Khosravan, Naji and Liu, Yulin and Stember, Joseph and Shoag, Jonathan and "
            "Barbieri, Christopher E. and Bagci, Ulas and Jambawalikar, Sachin",
            "Cross-modality Knowledge Transfer for Prostate Segmentation from CT Scans",
            "Domain Adaptation and Representation Transfer, MICCAI workshops",
            "2020",
        ),
        Reference(
            "zhu2017",
            "inproceedings",
            "Zhu, Jun-Yan and Park, Taesung and Isola, Phillip and Efros, Alexei A.",
            "Unpaired Image-to-Image Translation Using Cycle-Consistent Adversarial Networks",
            "IEEE International Conference on Computer Vision, 2242-2251",
            "2017",
            "10.1109/ICCV.2017.244",
        ),
        Reference(
            "billot2023",
            "article",
            "Billot, Benjamin and Greve, Douglas N. and Puonti, Oula and Thielscher, Axel and Van Leemput, Koen and "
            "Fischl, Bruce and Dalca, Adrian V. and Iglesias, Juan Eugenio",
            "SynthSeg: Segmentation of brain MRI scans of any contrast and resolution without retraining",
            "Medical Image Analysis 86, 102789",
            "2023",
            "10.1016/j.media.2023.102789",
        ),
        Reference(
            "koken2006",
            "article",
            "Koken, Peter and Grass, Michael",
            "Aperture weighted cardiac reconstruction for cone-beam CT",
            "Physics in Medicine and Biology 51, 3433-3448",
            "2006",
            "10.1088/0031-9155/51/14/011",
        ),
        Reference(
            "isensee2021",
            "article",
            "Isensee, Fabian and Jaeger, Paul F. and Kohl, Simon A. A. and Petersen, Jens and Maier-Hein, Klaus H.",
            "nnU-Net: a self-configuring method for deep learning-based biomedical image segmentation",
            "Nature Methods 18, 203-211",
            "2021",
            "10.1038/s41592-020-01008-z",
        ),
        Reference(
            "cardoso2022",
            "article",
            "Cardoso, M. Jorge and others",
            "MONAI: An open-source framework for deep learning in healthcare",
            "arXiv",
            "2022",
            "https://arxiv.org/abs/2211.02701",
        ),
        Reference(
            "wasserthal2023",
            "article",
            "Wasserthal, Jakob and others",
            "TotalSegmentator: Robust Segmentation of 104 Anatomic Structures in CT Images",
            "Radiology: Artificial Intelligence 5 (5), e230024",
            "2023",
            "10.1148/ryai.230024",
        ),
        Reference(
            "nikolov2018",
            "article",
            "Nikolov, Stanislav and others",
            "Deep learning to achieve clinically applicable segmentation of head and neck anatomy for radiotherapy",
            "arXiv",
            "2018",
            "https://arxiv.org/abs/1809.04430",
        ),
        Reference(
            "wilcoxon1945",
            "article",
            "Wilcoxon, Frank",
            "Individual comparisons by ranking methods",
            "Biometrics Bulletin 1, 80-83",
            "1945",
            "10.2307/3001968",
        ),
        Reference(
            "mann1947",
            "article",
            "Mann, Henry B. and Whitney, Donald R.",
            "On a test of whether one of two random variables is stochastically larger than the other",
            "Annals of Mathematical Statistics 18, 50-60",
            "1947",
            "10.1214/aoms/1177730491",
        ),
        Reference(
            "holm1979",
            "article",
            "Holm, Sture",
            "A simple sequentially rejective multiple test procedure",
            "Scandinavian Journal of Statistics 6, 65-70",
            "1979",
        ),
        Reference(
            "schuirmann1987",
            "article",
            "Schuirmann, Donald J.",
            "A comparison of the two one-sided tests procedure and the power approach for assessing the equivalence "
            "of average bioavailability",
            "Journal of Pharmacokinetics and Biopharmaceutics 15, 657-680",
            "1987",
            "10.1007/BF01068419",
        ),
    )
}
