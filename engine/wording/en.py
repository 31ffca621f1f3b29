"""English, with the spellings of its dictionaries: hryvnias and kopiykas, rubles and kopeks; no "and" within a number."""

from engine.wording.language import Language, Noun


def _noun(one: str, many: str) -> Noun:
    return Noun(one, many, many)


ENGLISH = Language(
    code="en",
    zero="zero",
    minus="minus",
    ones=(
        *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
        *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
    ),
    gendered={},
    tens=("ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
    hundreds=(
        *("one hundred", "two hundred", "three hundred", "four hundred", "five hundred"),
        *("six hundred", "seven hundred", "eight hundred", "nine hundred"),
    ),
    scales=(
        _noun("thousand", "thousand"),
        _noun("million", "million"),
        _noun("billion", "billion"),
        _noun("trillion", "trillion"),
        _noun("quadrillion", "quadrillion"),
    ),
    currencies={
        "UAH": (_noun("hryvnia", "hryvnias"), _noun("kopiyka", "kopiykas")),
        "RUB": (_noun("ruble", "rubles"), _noun("kopek", "kopeks")),
        "USD": (_noun("dollar", "dollars"), _noun("cent", "cents")),
        "EUR": (_noun("euro", "euros"), _noun("cent", "cents")),
        "GBP": (_noun("pound sterling", "pounds sterling"), _noun("penny", "pence")),
        "PLN": (_noun("zloty", "zlotys"), _noun("grosz", "groszy")),
        "MDL": (_noun("leu", "lei"), _noun("ban", "bani")),
        "KZT": (_noun("tenge", "tenge"), _noun("tiyn", "tiyn")),
        "BYN": (_noun("Belarusian ruble", "Belarusian rubles"), _noun("kopek", "kopeks")),
    },
    joint="-",
    group=",",
    point=".",
    date="d MMM yyyy",
    date_long="d MMMM y",
    has_few=False,
)
