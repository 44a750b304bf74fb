import pytest

from labelct.proposal.names import is_background, known_name, like, pairs, rename


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("kidney_left", "kidney_left"),
        ("left kidney", "kidney_left"),
        ("Kidney (L)", "kidney_left"),
        ("LKID", "kidney_left"),
        ("RK", "kidney_right"),
        ("leftkidney", "kidney_left"),
        ("RightKidney", "kidney_right"),
        ("Niere links", "kidney_left"),
        ("kidneys", "kidney"),
        ("Leber", "liver"),
        ("Bauchspeicheldrüse", "pancreas"),
        ("postcava", "inferior_vena_cava"),
        ("RAG", "adrenal_gland_right"),
        ("Lung upper lobe left", "lung_upper_lobe_left"),
        ("T12", "vertebrae_T12"),
        ("vertebra L1", "vertebrae_L1"),
        ("gall bladder", "gallbladder"),
    ],
)
def test_what_is_surely_meant_gets_the_name_of_the_table(given, meant):
    assert known_name(given) == meant


@pytest.mark.parametrize(
    "given", ["liver tumor", "prostate/uterus", "left", "livr", "肝脏", "kidney cyst", "left right kidney"]
)
def test_what_is_not_sure_keeps_its_own_name(given):
    assert known_name(given) is None


def test_names_are_fit_for_a_setting_and_each_is_there_once():
    found = rename(["liver", "Leber", "left kidney", "prostate/uterus", "prostate uterus", "${x}"])
    assert found.names == {
        "liver": "liver",
        "Leber": "Leber",
        "left kidney": "kidney_left",
        "prostate/uterus": "prostate_uterus",
        "prostate uterus": "prostate_uterus_2",
        "${x}": "x",
    }
    assert found.near["prostate/uterus"] == ["prostate"]
    assert "left kidney" not in found.near


def test_near_names_are_told_and_a_lesion_is_like_no_organ():
    assert like("livr") == ["liver"]
    assert like("femoral head left")[0] == "femur_left"
    assert like("liver tumor") == []


def test_pairs_and_background():
    assert pairs(["liver", "kidney_left", "kidney_right", "femur_left"]) == {"kidney": ("kidney_left", "kidney_right")}
    assert is_background("Background")
    assert not is_background("back")
