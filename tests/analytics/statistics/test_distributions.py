import pytest

from analytics.statistics.distributions import (
    chi_square_tail,
    normal_tails,
    student_tails,
    two_sided_t,
    two_sided_z,
)

# Values of SciPy 1.17.1.


@pytest.mark.parametrize(
    ("t", "degrees", "p"),
    [
        (0.5, 1, 0.7048327646991335),
        (2, 3.5, 0.12613852257591343),
        (-3, 40.2, 0.004619230359235398),
        (1.2, 7000, 0.23017995150860937),
        (0, 5, 1),
    ],
)
def test_students_tails_are_those_of_scipy(t, degrees, p):
    assert student_tails(t, degrees) == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize(
    ("degrees", "t"),
    [(1, 12.706204736174694), (2.5, 3.5746548420036817), (30, 2.0422724563012378), (6800, 1.9603129090045988)],
)
def test_students_quantiles_are_those_of_scipy(degrees, t):
    assert two_sided_t(0.05, degrees) == pytest.approx(t, rel=1e-9)


@pytest.mark.parametrize(
    ("x", "degrees", "p"),
    [
        (0.3, 1, 0.583882420770365),
        (5, 2, 0.0820849986238988),
        (20, 4, 0.0004993992273873336),
        (30, 9, 0.00043872177097947936),
        (900, 800, 0.007774644192745909),
        (0, 3, 1),
    ],
)
def test_chi_squared_tails_are_those_of_scipy(x, degrees, p):
    assert chi_square_tail(x, degrees) == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize("alpha", [0.5, 0.05, 0.01, 1e-9])
def test_normal_quantiles_and_tails_belong_together(alpha):
    assert normal_tails(two_sided_z(alpha)) == pytest.approx(alpha, rel=1e-9)
