import numpy as np
import pytest

from labelct.commands.scan import main
from labelct.errors import InputError, LabelctError
from labelct.io import nifti


@pytest.fixture
def ct(tmp_path):
    volume = np.full((32, 28, 10), -1000, np.float32)
    volume[8:24, 8:20] = 40
    path = tmp_path / "ct.nii.gz"
    nifti.write(path, volume, np.diag([6.0, 6.0, 4.0, 1.0]))
    return path


def test_scan_writes_a_ct_on_the_same_grid(ct, tmp_path):
    out = tmp_path / "low.nii.gz"
    values = ["--scanner", "compact", "scanner.views=128", "--dose", "low", "dose.bowtie=small"]
    assert main([str(ct), *values, "-o", str(out)]) == 0
    before, after = nifti.read_volume(ct), nifti.read_volume(out)
    np.testing.assert_allclose(after.affine, before.affine)
    assert after.array[12:20, 11:17].mean() == pytest.approx(40, abs=10)
    assert after.array[12:20, 11:17].std() > 1


def test_preset_values_lie_over_defaults_and_given_ones_over_both(ct, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "labelct.scanner.scan.scan", lambda hu, _, acquisition, *rest, **more: seen.append(acquisition) or hu
    )
    main(
        [
            str(ct),
            "--scanner",
            "force",
            "scanner.pitch=0.8",
            "scanner.recon.kernel=hann",
            "-o",
            str(tmp_path / "o.nii.gz"),
        ]
    )
    (scanner,) = (acquisition.scanner for acquisition in seen)
    assert (scanner.rows, scanner.pitch, scanner.recon.kernel) == (96, 0.8, "hann")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["--scanner", "forc"], "did you mean 'force'"),
        (["scanner.ptch=1"], "did you mean 'scanner.pitch'"),
        (["scanner.pitch=fast"], "allowed is a number"),
        (["dose.photons=1e5"], "null while mas is 165"),
        (["data.seed=1"], "scanner.FIELD=VALUE or dose.FIELD=VALUE"),
        (["dose=low"], "value='dose=low': allowed is .*; write --dose low"),
        (["scanner=force"], "write --scanner force"),
    ],
)
def test_wrong_values_are_named(ct, tmp_path, values, message):
    with pytest.raises(LabelctError, match=message):
        main([str(ct), *values, "-o", str(tmp_path / "out.nii.gz")])


def test_missing_ct_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no\.nii\.gz: does not exist"):
        main([str(tmp_path / "no.nii.gz"), "-o", str(tmp_path / "out.nii.gz")])


def test_a_place_that_takes_no_file_is_named_before_the_scan_is_made(ct, tmp_path, monkeypatch):
    monkeypatch.setattr("labelct.scanner.scan.scan", lambda *_, **__: pytest.fail("has been scanned"))
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file is a file and no folder"):
        main([str(ct), "-o", str(tmp_path / "file" / "low.nii.gz")])
