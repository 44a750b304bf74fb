"""`labelct.scan` is `labelct scan` on arrays."""

import nibabel
import numpy as np
import pytest

import labelct
from labelct.commands.scan import main
from labelct.errors import InputError, LabelctError
from labelct.io import nifti
from tests.api.cases import SPACING, ct

AFFINE = np.diag([-SPACING[0], SPACING[1], SPACING[2], 1.0])
FAN = {"channels": 96, "channel_pitch": 0.35 / 96, "rows": 16, "row_width": 3.0, "views": 64, "outside": "air"}


@pytest.mark.parametrize("scanner", ["image", "compact"])
def test_a_scan_has_the_bits_of_the_command(scanner, tmp_path, capsys):
    settings = {f"scanner.{name}": value for name, value in FAN.items()} if scanner == "compact" else {}
    nifti.write(tmp_path / "ct.nii.gz", ct(), AFFINE)
    words = [f"{name}={value}" for name, value in settings.items()]
    out = tmp_path / "out.nii.gz"
    main(
        [str(tmp_path / "ct.nii.gz"), "-o", str(out), "--scanner", scanner, "--dose", "quarter", "--seed", "7", *words]
    )
    capsys.readouterr()
    scanned = labelct.scan(ct(), AFFINE, scanner, "quarter", 7, **settings)
    assert scanned.dtype == np.float32
    assert np.array_equal(np.rint(scanned), nibabel.load(out).get_fdata())
    assert capsys.readouterr().out == ""  # nobody watches


def test_less_dose_is_more_noise_and_the_input_stays_as_it_is():
    hu = ct()
    noise = [(labelct.scan(hu, SPACING, "image", dose) - hu)[hu > -500].std() for dose in ("full", "low", "ultralow")]
    assert noise[0] < noise[1] < noise[2]
    assert np.array_equal(hu, ct())


def test_without_a_scanner_the_volume_comes_back_as_a_copy():
    hu = ct()
    same = labelct.scan(hu, 5.0, "none")
    assert np.array_equal(same, hu)
    assert not np.shares_memory(same, hu)


def test_what_cannot_be_hu_is_refused_unless_it_shall_be_taken():
    water = np.zeros((6, 6, 6))
    with pytest.raises(InputError, match=r"hu: .* not_hu=True$"):
        labelct.scan(water, 5.0, "image")
    assert labelct.scan(water, 5.0, "none", not_hu=True).max() == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"scanner": "sensaton64"}, "did you mean 'sensation64'"),
        ({"dose": "lo"}, "dose='lo': .* did you mean 'low'"),
        ({"dose": {"mas": 40}}, "dose=.*allowed is the name of a preset"),
        ({"dose.mas": -4}, r"dose\.mas=-4\.0: allowed is"),
        ({"data.phase": "native"}, r"data\.phase='native': allowed is a setting of scanner, dose"),
        ({"seed": None}, "seed=None"),
        ({"spacing": (1, 1)}, "spacing="),
    ],
)
def test_ordinary_misuse_is_told_in_one_line(arguments, told):
    with pytest.raises(LabelctError, match=told) as error:
        labelct.scan(ct(), **{"spacing": 5.0, "scanner": "image", **arguments})
    assert "\n" not in str(error.value)
