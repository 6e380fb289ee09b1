"""What may be asked of a dose: routes, bounds, and one regimen in words out of the separate options."""

from openldn.engine import parse_clock, parse_dose, parse_duration, parse_regimen
from openldn.notation import InputError, Limit, QuantityError, UnknownName, shown, text_given, whole_given

ROUTES = ("oral", "im_depot", "iv", "nasal")
DAY_LIMIT = Limit(366, "days", "of a dose's run")
# Bounds of what is asked, not of what is safe: 400 mg is eight tablets, the depot comes in 380 mg.
DOSE_LIMIT_MG = {"im_depot": 1000.0}
OTHER_DOSE_LIMIT_MG = 400.0


def schedule_in(text: str) -> str | None:
    """The text if it is a schedule in words and not one amount."""
    words = " " in text.strip() and any(word in text.lower() for word in ("every", "once", "then"))
    return text if words else None


def check_request(amount: str, every: str, at: str, days: int, route: str, regimen: str | None) -> str:
    """The regimen in words, once amount, interval, clock, days and route have proved to make sense."""
    for word, value, like in (
        ("dose", amount, "4.5mg"), ("every", every, "24h"), ("at", at, "22:00"), ("route", route, "oral"),
    ):  # fmt: skip
        text_given(value, word, like)
    whole_given(days, "days")
    if regimen is not None:
        text_given(regimen, "regimen", '"4.5 mg every 24h"')
    if route not in ROUTES:
        raise UnknownName("route", route, ROUTES)
    if not 1 <= days <= DAY_LIMIT:
        raise InputError(f"days is {shown(days)}: ask for 1 to {DAY_LIMIT:,}")
    if regimen is None:
        parse_duration(every, what="interval")
        parse_clock(at)
        parse_dose(amount)
        regimen = f"{amount} every {every} at {at}"
    limit = DOSE_LIMIT_MG.get(route, OTHER_DOSE_LIMIT_MG)
    for phase in parse_regimen(regimen).phases:
        if phase.amount_mg > limit:
            more = "" if route == "im_depot" else "; more than that only as --route im_depot"
            raise QuantityError(f"dose {phase.amount_mg:g} mg is above {limit:g} mg by route {route}{more}")
    return regimen
