"""What is said in training besides the words that a menu listens for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lessons:
    """`others` are said and are none of the words; `unheard` are like them, and no training says them.

    `carriers` are what people say around a word, with `{}` for it.
    """

    others: tuple[str, ...]
    unheard: tuple[str, ...]
    carriers: tuple[str, ...]


def _lessons(others: str, unheard: str, carriers: str) -> Lessons:
    return Lessons(*(tuple(" ".join(one.split()) for one in text.split(";")) for text in (others, unheard, carriers)))


LESSONS: Mapping[str, Lessons] = {
    "pl": _lessons(
        """dzień dobry; proszę; chciałbym; chciałabym; poproszę; pogoda; samochód; kot; mama; woda; poniedziałek;
        wtorek; środa; piątek; rachunek; telefon; numer; ulica; miasto; kiedy; gdzie; dlaczego; bardzo; dobrze; źle;
        halo; słucham; dziękuję; przepraszam; jestem; mieszkam; pracuję; pieniądze; dokument; wniosek; szpital;
        dziecko; babcia; nowy; stary; wielki; mały; czarny; biały; zielony; rower; drzewo; okno; drzwi; stół; krzesło;
        książka; muzyka; film; jutro; wczoraj; dzisiaj; rano; wieczorem; może; chyba; oczywiście; sto; tysiąc; milion;
        sprawa; problem; pytanie; odpowiedź; połączenie; czekam; szybko; powoli; proszę mi powiedzieć; mam pytanie;
        chcę rozmawiać; o co chodzi; co słychać; kasa; tata; teraz; nasz; nikt; noc; sen; sad; ser; i tak dalej;
        mieszkanie; kolejka; godzina; minuta; rok; dom; praca; szkoła; ręka; noga; głowa; nos; chleb; masło""",
        """pomidor; kwiaty; hotel; pociąg; lotnisko; kawa; herbata; sobota; niedziela; jabłko; morze; góry; faktura;
        wypadek; urlop; umowa; firma; prezes; jaka pogoda; nic z tego; tanio; taksówka; telewizor; zegar; jezioro;
        ojciec; sześcian; ogród; walizka; zupa""",
        "proszę {}; chcę {}; poproszę {}; może {}; {} proszę; chodzi o {}",
    ),
    "uk": _lessons(
        """добрий день; будь ласка; погода; машина; кіт; мама; вода; понеділок; вівторок; середа; рахунок; телефон;
        номер; вулиця; місто; коли; де; чому; дуже; добре; погано; алло; слухаю; дякую; вибачте; гроші; документ; заява;
        лікарня; дитина; бабуся; новий; старий; великий; малий; чорний; білий; зелений; дерево; вікно; двері; стіл;
        книга; музика; завтра; вчора; сьогодні; вранці; може; мабуть; сто; тисяча; мільйон; справа; проблема; питання;
        відповідь; чекаю; швидко; повільно; хочу говорити; маю питання; тато; тепер; наш; ніхто; ніч; сон; сад; сир;
        година; хвилина; рік; дім; робота; школа; рука; нога; голова; ніс; хліб; масло; черга; увечері""",
        """помідор; квіти; готель; потяг; літак; кава; чай; субота; неділя; яблуко; море; гори; рахівник; аварія;
        відпустка; договір; фірма; директор; таксі; телевізор; годинник; озеро; батько; валіза; суп; парасоля""",
        "прошу {}; хочу {}; може {}; {} прошу",
    ),
}
