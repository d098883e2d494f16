"""Cutting something into equal parts of about a wanted size."""

import math
from functools import cache


@cache
def divisor_near(number: int, wanted: int) -> int:
    """The divisor of `number`, which is above 0, that comes nearest to `wanted`."""
    divisors = [divisor for divisor in range(1, number + 1) if number % divisor == 0]
    return min(divisors, key=lambda divisor: abs(math.log(divisor / wanted)))
