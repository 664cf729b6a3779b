"""The words of the demonstration: three collectives that do not exist, in three languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

Words = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Collective:
    """A made-up collective and the name of its host on loopback."""

    username: str
    host: str
    name: str
    summary: str
    language: str
    zone: str


@dataclass(frozen=True, slots=True)
class Happening:
    """Something with words in several languages (title, Markdown) and a place."""

    words: Words
    place: str
    street: str
    city: str
    country: str


COLLECTIVES: Final = (
    Collective(
        "agora",
        "agora.localhost",
        "ساحة الجيران",
        "مكان في تونس يلتقي فيه الجيران ليقرّروا معًا ويعملوا معًا.",
        "ar",
        "Africa/Tunis",
    ),
    Collective(
        "maison",
        "maison.localhost",
        "La Maison des voisins",
        "Une maison ouverte à Marseille : cantine, ateliers, assemblées.",
        "fr",
        "Europe/Paris",
    ),
    Collective(
        "casa",
        "casa.localhost",
        "La Casa Común",
        "Una casa autogestionada en Valencia: ropa, pan y palabra.",
        "es",
        "Europe/Madrid",
    ),
)

STATEMENTS: Final[tuple[Words, ...]] = (
    {
        "ar": (
            "لماذا نفتح الباب",
            "نكتب هذا البيان لأنّ الحيّ يحتاج إلى مكان لا يُسأل فيه أحد من أين جاء.\n\n"
            "## ما الذي نفعله\n\n1. نطبخ معًا كل جمعة.\n2. نتقاسم الأدوات والخبرات.\n3. نقرّر في جمعية مفتوحة.\n\n"
            "## ما الذي نطلبه\n\nنطلب من الجيران أن يأتوا بما يقدرون عليه: ساعة، أو قدرًا، أو فكرة. #جيران",
        ),
        "fr": (
            "Pourquoi nous ouvrons la porte",
            "Nous écrivons ce texte parce que le quartier a besoin d’un lieu où l’on ne demande à personne d’où il vient.\n\n"
            "## Ce que nous faisons\n\n1. Nous cuisinons ensemble chaque vendredi.\n2. Nous partageons outils et savoirs.\n"
            "3. Nous décidons en assemblée ouverte.\n\n## Ce que nous demandons\n\nQue chacun apporte ce qu’il peut : une heure, "
            "une marmite, une idée.",
        ),
    },
)

EVENT: Final = Happening(
    {
        "fr": (
            "Assemblée des maisons ouvertes",
            "Venez préparer l’hiver avec nous : chauffage, cantine, cours de langue.\n\n- Accueil et thé\n- Assemblée\n"
            "- Repas partagé\n\n#assemblée",
        ),
        "ar": (
            "جمعية البيوت المفتوحة",
            "تعالوا نحضّر للشتاء معًا: التدفئة والمطبخ ودروس اللغة.\n\n- استقبال وشاي\n- جمعية\n- طعام مشترك",
        ),
    },
    "La Maison des voisins",
    "12 rue des Trois Mages",
    "Marseille",
    "FR",
)

NEED: Final = Happening(
    {
        "es": (
            "Mantas para el invierno",
            "Llegan veinte familias antes de Navidad. Necesitamos mantas limpias; las recogemos en la casa cada tarde. "
            "#apoyomutuo",
        ),
        "fr": (
            "Des couvertures pour l’hiver",
            "Vingt familles arrivent avant Noël. Il nous faut des couvertures propres ; nous les recevons chaque après-midi.",
        ),
    },
    "La Casa Común",
    "",
    "Valencia",
    "ES",
)

REPLY: Final = "سنكون معكم من تونس، وسنأتي بمترجمة من العربية إلى الفرنسية."
