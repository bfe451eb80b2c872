"""The examples in the docstrings of Black-76 and implied volatility give what they print."""

import doctest

import pytest

from pyvault.pricing import black76, implied_vol


@pytest.mark.parametrize("module", [black76, implied_vol])
def test_examples__of_every_public_function__give_what_they_print(module):
    finder = doctest.DocTestFinder(recurse=False)
    functions = [getattr(module, name) for name in module.__all__ if name.islower()]
    for function in functions:
        tests = [test for test in finder.find(function) if test.examples]
        assert tests, f"{function.__name__} has no example"
        for test in tests:
            assert doctest.DocTestRunner().run(test).failed == 0
