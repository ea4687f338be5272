"""Names under which one thing often goes in tables of data: a list made by hand, short on purpose.

A line holds the names of one thing, in lower case and without blanks or marks; a name stands in one line only. Here
are words that mean the same wherever they name a column of people, places, houses or dates. Words that are the same in
one trade and not in another (cost and price, weight and mass, income and salary) are left out, and so are abbreviations
by a word's beginning ("temp", "educ"), which are told by their letters. A synonym is a reason to propose two columns;
it renames nothing.
"""

from __future__ import annotations

_LINES = """
gender sex
dob dateofbirth birthdate birthday
firstname givenname forename
lastname surname familyname
zip zipcode postcode postalcode
phone telephone
country nation
city town
lat latitude
lon lng longitude
job occupation profession
salary wage wages pay
race ethnicity
married maritalstatus marital
children kids
smoker smoking
bmi bodymassindex
bp bloodpressure
hr heartrate pulse
qty quantity
num number
yr year
mo month
sqft squarefeet squarefootage
"""

GROUP_OF = {name: k for k, line in enumerate(_LINES.strip().splitlines()) for name in line.split()}


def synonyms(a: str, b: str) -> bool:
    """Whether two different names, in lower case and without blanks or marks, stand in one line."""
    return a != b and a in GROUP_OF and GROUP_OF[a] == GROUP_OF.get(b)
