"""What channels cost: a case worked out again from its own figures, with what it says twice and what it left out.

Money is Decimal pounds, exact; a price of one text is in pence and is not rounded before it is shown.
"""

from onedoor.reporting.money.case import BadCase, Case, read
from onedoor.reporting.money.costs import BreakEven, Costs, break_even, break_even_table, work_out

__all__ = ["BadCase", "BreakEven", "Case", "Costs", "break_even", "break_even_table", "read", "work_out"]
