"""Bad arguments of the array faces: a typed error that names the element, its value and the rule."""

import numpy as np
import pytest

from pyvault.errors import InputError
from pyvault.pricing import black76
from pyvault.pricing import implied_vol as inversion
from pyvault.pricing.black76 import full_greeks, greeks, price
from pyvault.pricing.implied_vol import implied_vol, implied_vol_with_reason

OPTION = {"forward": 100.0, "strike": 90.0, "implied_vol": 0.5, "time_to_expiry": 0.5, "discount_factor": 0.9}
PRICED = {"price": 15.0} | {name: value for name, value in OPTION.items() if name != "implied_vol"}
FACES = [(face, OPTION) for face in (price, greeks, full_greeks)]
FACES += [(face, PRICED) for face in (implied_vol, implied_vol_with_reason)]
AMOUNTS = ("forward", "strike", "discount_factor")
NEVER = [np.nan, np.inf, -np.inf, -1.0, -1e-300, 1e101]
TABLE = [
    (face, good, name, bad)
    for face, good in FACES
    for name in good
    for bad in NEVER + ([0.0, 1e-101] if name in AMOUNTS else [1e51])
]


@pytest.mark.parametrize(("face", "good", "name", "bad"), TABLE)
def test_face__one_bad_scalar__is_named_with_value_and_rule(face, good, name, bad):
    with pytest.raises(InputError, match="must be") as caught:
        face(**good | {name: bad})
    assert caught.value.name == name
    assert np.array_equal(caught.value.value, bad, equal_nan=True)
    assert ("zero or positive" in caught.value.rule) == (name not in AMOUNTS)


@pytest.mark.parametrize(("face", "good"), FACES)
def test_face__bad_elements_in_an_array__the_first_is_named(face, good):
    strikes = np.full((37, 11), 90.0)
    strikes[21, 4], strikes[30, 2] = -5.0, np.nan
    with pytest.raises(InputError) as caught:
        face(**good | {"strike": strikes})
    assert caught.value.name == "strike[21, 4]"
    assert caught.value.value == -5.0
    assert str(caught.value) == "strike[21, 4] = -5.0: must be positive and finite (1e-100 to 1e100)"


@pytest.mark.parametrize("position", [0, 1, 8, 511, 512, 4_090])
def test_greeks__one_nan_at_any_place_of_a_long_array__is_found(position):
    times = np.full(4_091, 0.5)
    times[position] = np.nan
    with pytest.raises(InputError) as caught:
        greeks(**OPTION | {"time_to_expiry": times})
    assert caught.value.name == f"time_to_expiry[{position}]"


@pytest.mark.parametrize(("face", "good"), FACES)
@pytest.mark.parametrize("bad", ["12", None, 1j, True, [[1.0], [2.0, 3.0]], np.array([object()])])
def test_face__something_that_is_no_real_number__is_refused(face, good, bad):
    with pytest.raises(InputError, match="must be a real number or an array of them"):
        face(**good | {"strike": bad})


@pytest.mark.parametrize(("face", "good"), FACES)
@pytest.mark.parametrize("flag", [1, 0.0, "c", None, [1, 0], ["call"]])
def test_face__call_flag_that_is_not_boolean__is_refused(face, good, flag):
    with pytest.raises(InputError, match="must be True or False"):
        face(**good, is_call=flag)


@pytest.mark.parametrize(("face", "good"), FACES)
def test_face__masked_element__is_refused(face, good):
    masked = np.ma.array([90.0, 1e9], mask=[False, True])
    with pytest.raises(InputError, match="no masked elements"):
        face(**good | {"strike": masked})


@pytest.mark.parametrize(
    ("face", "loop"),
    [(greeks, vars(black76)["_greeks_loop"]), (implied_vol, vars(inversion)["_implied_vol_loop"])],
)
def test_face__arguments_in_any_layout__share_one_compiled_loop(face, loop):
    good = OPTION if face is greeks else PRICED
    face(**good)
    compiled = len(loop.signatures)
    frozen, odd = np.full(3, 90.0), np.zeros(25, dtype=np.uint8)[1:].view(np.float64)
    frozen.setflags(write=False)
    odd[:] = 90.0
    reference = face(**good | {"strike": np.full(3, 90.0)})
    for strikes in (frozen, odd, np.full((3, 2), 90.0)[:, 0], frozen.astype(">f8"), frozen[::-1]):
        assert np.array_equal(face(**good | {"strike": strikes}), reference)
    face(**good | {"strike": [90.0]}, is_call=np.ones(1, dtype=bool))  # scalars broadcast to one element
    assert len(loop.signatures) == compiled


@pytest.mark.parametrize(("face", "good"), FACES)
def test_face__shapes_that_do_not_broadcast__are_listed(face, good):
    with pytest.raises(InputError, match="must broadcast together") as caught:
        face(**good | {"strike": [90.0, 95.0], "time_to_expiry": [0.1, 0.2, 0.3]})
    assert caught.value.value["strike"] == (2,)
    assert caught.value.value["time_to_expiry"] == (3,)


@pytest.mark.parametrize(("face", "good"), FACES)
def test_face__negative_zero__is_zero(face, good):
    rates = [name for name in good if name not in AMOUNTS]
    for name in rates:
        negative, positive = face(**good | {name: -0.0}), face(**good | {name: 0.0})
        assert np.array_equal(negative, positive, equal_nan=True)


def test_price__integers_and_single_precision__are_taken_as_their_values():
    expected = price(**OPTION)
    assert price(**OPTION | {"forward": 100, "strike": np.int32(90)}) == expected
    assert price(**OPTION | {"implied_vol": np.float32(0.5)}) == expected
