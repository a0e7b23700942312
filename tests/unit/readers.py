"""Users with a language and a time zone, for formatting without a request."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from pyramid.i18n import Localizer, make_localizer

from intermediate.i18n import LOCALE
from intermediate.zones import UTC


@dataclass
class Somebody:
    time_zone: ZoneInfo = UTC
    locale_name: str = "en"
    localizer: Localizer = field(init=False)

    def __post_init__(self) -> None:
        self.localizer = make_localizer(self.locale_name, [str(LOCALE)])


ENGLISH, GERMAN = Somebody(), Somebody(ZoneInfo("Europe/Berlin"), "de")
