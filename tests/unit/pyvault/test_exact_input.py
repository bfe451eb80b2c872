"""The integer twins take integers only: of any type, but never a number that merely looks like one."""

import numpy as np
import pytest
from support.grid import WAD
from support.pricer import FUNCTIONS, YEAR

from pyvault.errors import InputError

ARGUMENTS = {
    "black76": (3 * WAD, 2 * WAD, WAD // 2, YEAR, WAD // 20),
    "option_price": (3 * WAD, 2 * WAD, WAD // 2, YEAR, WAD, 1),
    "discount_factor": (WAD // 20, YEAR),
    "error_bound": (3 * WAD, 2 * WAD),
    "svi_variance": (WAD, WAD, WAD, 0, 0, WAD),
    "exp": (WAD,),
    "ln": (3 * WAD,),
    "normal_cdf": (WAD,),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_twin__of_numpy_integers__equals_the_twin_of_python_integers(name):
    twin, arguments = FUNCTIONS[name].twin, ARGUMENTS[name]
    assert twin(*np.array(arguments, dtype=np.int64)) == twin(*arguments)


@pytest.mark.parametrize("wrong", [1.5, float("nan"), "1", None])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_twin__of_anything_but_integers__names_the_argument_and_the_rule(name, wrong):
    twin, arguments = FUNCTIONS[name].twin, list(ARGUMENTS[name])
    arguments[-1] = wrong
    with pytest.raises(InputError, match="must be an integer"):
        twin(*arguments)


def test_twin__of_a_float_by_keyword__is_refused_too():
    with pytest.raises(InputError, match=r"strike = 2e\+18: must be an integer"):
        FUNCTIONS["error_bound"].twin(forward=3 * WAD, strike=2e18)


def test_twin__of_too_many_arguments__is_refused_by_python():
    with pytest.raises(TypeError, match="positional argument"):
        FUNCTIONS["exp"].twin(WAD, WAD)
