"""`/event/ID/attend`: coming to an event without an account; `/attendance/TOKEN`: how that stands, and changing one's mind.

A name or any other word, how many people, an address for letters if somebody likes. Against machines that fill in forms: a
word in the form that we signed and that has its time, a field that people do not see, a rate per event, their share of the
places within an hour and a day (`event/admission.py`), and where organisers wish it their consent. Of where somebody comes from nothing is kept, looked at or asked.
"""

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import mail
from actors import store as actor_store
from actors.store import list_collectives
from fedi.clock import to_ms
from fedi.db.engine import Reader
from fedi.errors import FediError, Invalid, NotFound, TooMany
from fedi.http.rates import Rates
from fedi.ids import new_token
from fedi.instance import Instance
from fedi.publications import store as publication_store
from fedi.publications.event import attendance, gathering, told
from fedi.publications.event.attendance import Entry
from fedi.publications.event.gathering import Gathering
from fedi.publications.model import Publication
from fedi.publications.visibility import may_come
from fedi.text.direction import clean_line, clean_text
from fedi.unit import Unit
from fedi.views.conversation import find_readable
from fedi.views.listed import Listed
from fedi.web.pages.forms import read_form
from fedi.web.pages.frame import show, visitor_here
from fedi.web.pages.own_server import check_same_site
from fedi.web.shown.facts import event_facts, where_of
from fedi.web.shown.people import web_link
from fedi.web.shown.words import chosen_text, title_of
from fedi.web.site import Head, site_of
from outbox import attending
from outbox.attending import Answer

SECONDS_MIN: Final = 2
SECONDS_MAX: Final = 12 * 3600
PER_EVENT_AND_HOUR: Final = 600
# Answers by this road that one event takes at most.
ENTRIES_MAX: Final = 2_000
MESSAGE_MAX: Final = 500
# Letters to one address that answers may ask for within a day: whoever typed it need not be who reads it.
LETTERS_PER_ADDRESS: Final = 5
# The field that people do not see; what fills it in is a machine.
TRAP: Final = "website"
WORD: Final = "form_word"
_HEADERS: Final = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow"}


@dataclass(frozen=True, slots=True)
class _Here:
    """The event of a page, how it takes answers, and how many people come."""

    listed: Listed
    at_event: Gathering
    coming: int

    @property
    def publication(self) -> Publication:
        return self.listed.publication


class Attend:
    """The form, with what it remembers: how many answers each event had lately, and how many each address, as a keyed digest."""

    def __init__(self) -> None:
        self._rates = Rates(PER_EVENT_AND_HOUR, 3600.0, 1 / 3)
        self._addresses = Rates(LETTERS_PER_ADDRESS, 86_400.0)

    async def ask(self, instance: Instance, request: Request) -> Response:
        """The form, or why there is none."""
        here = await _load(instance, request)
        return await _form(instance, request, here, {})

    async def tell(self, instance: Instance, request: Request) -> Response:
        """Take the answer; on to the page that says how it stands."""
        check_same_site(request, instance.urls)
        here = await _load(instance, request)
        form = await read_form(request)
        try:
            nonce = _check(instance, here, form)
            answer = _read(instance, here, form, nonce, visitor_here(instance, request).language)
            address = _address(instance, form)
            known = await instance.look(
                lambda rx: attendance.find(rx, here.publication.uri, answer.who) is not None
            )
            if not known:
                now = instance.clock.monotonic()
                if address:
                    self._addresses.take(_print_of(instance, address), now)
                self._rates.take(here.publication.uri, now)
        except (Invalid, TooMany) as problem:
            return await _form(instance, request, here, form, problem)
        token = await instance.change(
            lambda unit: _write_down(unit, instance, here.publication, answer, address)
        )
        if isinstance(token, Invalid):
            return await _form(instance, request, here, form, token)
        return RedirectResponse(f"/attendance/{token}", 303, dict(_HEADERS))


async def stands(instance: Instance, request: Request) -> Response:
    """How it stands, for whoever has the link."""
    return await _stands(instance, request)


async def change_mind(instance: Instance, request: Request) -> Response:
    """Not to come after all, come after all, be reminded or not."""
    check_same_site(request, instance.urls)
    form = await read_form(request)
    token = str(request.path_params["token"])

    def work(unit: Unit) -> bool:
        entry = attendance.find_by_link(unit.tx, token)
        if entry is None:
            return False
        what = form.get("what", "")
        if what == "leave" and entry.state != attendance.REMINDER:
            attending.withdraw(unit, entry)
        elif what in ("remind", "unremind"):
            attendance.set_reminder(unit, entry, is_wanted=what == "remind")
        else:
            raise Invalid("reading.choice", field="what")
        return True

    if not await instance.change(work):
        raise NotFound("attendance.link_unknown", detail="link")
    return RedirectResponse(f"/attendance/{token}", 303, dict(_HEADERS))


def new_word(instance: Instance, event_uri: str) -> str:
    """The word that a form carries: when it was given out and for which event, signed; nobody can make one."""
    head = f"{to_ms(instance.clock.now())}.{new_token()}"
    return f"{head}.{_signature(instance, event_uri, head)}"


def _check(instance: Instance, here: _Here, form: dict[str, str]) -> str:
    """The part of the form's word that is its own. Raises Invalid."""
    if form.get(TRAP, "").strip():
        raise Invalid("attendance.form.trap", field=TRAP)
    head, _, signature = form.get(WORD, "").rpartition(".")
    expected = _signature(instance, here.publication.uri, head)
    if not hmac.compare_digest(signature.encode(), expected.encode()):
        raise Invalid("attendance.form.old")
    given_at, _, nonce = head.partition(".")
    age_s = (to_ms(instance.clock.now()) - int(given_at)) / 1000
    if age_s < SECONDS_MIN:
        raise Invalid("attendance.form.quick")
    if age_s > SECONDS_MAX:
        raise Invalid("attendance.form.old")
    return nonce


def _read(
    instance: Instance, here: _Here, form: dict[str, str], nonce: str, language: str
) -> Answer:
    name = clean_line(form.get("name", ""), attendance.NAME_MAX)
    if not name or "\x00" in form.get("name", ""):
        raise Invalid("attendance.form.name", field="name")
    people = form.get("people", "1").strip()
    if not (people.isascii() and people.isdecimal() and len(people) <= 2):
        raise Invalid("attendance.form.people", field="people", most=attendance.PEOPLE_MAX)
    if not 1 <= int(people) <= attendance.PEOPLE_MAX:
        raise Invalid("attendance.form.people", field="people", most=attendance.PEOPLE_MAX)
    if len(form.get("message", "")) > MESSAGE_MAX:
        raise Invalid("attendance.form.message", field="message", most=MESSAGE_MAX)
    return Answer(
        who=f"{attendance.FORM}{nonce}",
        wish="coming",
        road="form",
        name=name,
        people=int(people),
        message=clean_text(form.get("message", ""), MESSAGE_MAX),
        language=language,
    )


def _address(instance: Instance, form: dict[str, str]) -> str:
    """The address for letters, or nothing. Raises Invalid."""
    typed = form.get("mail", "").strip()
    if not typed or not instance.config.mail.host:
        return ""
    try:
        return mail.check_address(typed)
    except Invalid as problem:
        raise Invalid(problem.message_key, field="mail") from problem


def _write_down(
    unit: Unit, instance: Instance, publication: Publication, answer: Answer, address: str
) -> str | Invalid:
    """The link to what was written down, or why it was not. The same form again leads to the same entry."""
    before = attendance.find(unit.tx, publication.uri, answer.who)
    if before is not None:
        return attendance.make_link(unit, before)
    if attendance.count_entries(unit.tx, publication.uri, "form") >= ENTRIES_MAX:
        return Invalid("attendance.no.full", title=publication.original.name or "")
    found = attending.answer(unit, publication, answer)
    if not isinstance(found, Entry):
        return Invalid(f"attendance.no.{found}", title=publication.original.name or "")
    if address:
        found = attendance.set_mail(unit, instance.keyring.secret, found, address)
        attendance.want_letter(unit, found, found.state)
    return attendance.make_link(unit, found)


async def _load(instance: Instance, request: Request) -> _Here:
    """The event in the address, if everybody may read it. Raises NotFound."""
    uri = instance.urls.publication("event", str(request.path_params["id"]))

    def look(rx: Reader) -> _Here | None:
        listed = find_readable(rx, uri)
        if listed is None or not listed.is_local or listed.publication.kind != "event":
            return None
        at_event = gathering.find(rx, uri, instance.config.instance.posture)
        return _Here(listed, at_event, attendance.count(rx, uri).get("coming", 0))

    here = await instance.look(look)
    if here is None:
        raise NotFound("error.publication_not_found", detail="event")
    return here


async def _form(
    instance: Instance,
    request: Request,
    here: _Here,
    typed: dict[str, str],
    problem: FediError | None = None,
) -> Response:
    visitor = visitor_here(instance, request)
    publication = here.publication
    path = f"/event/{publication.uri.rpartition('/')[2]}"
    facts = event_facts(publication.event, visitor)
    is_open = told.takes_form(publication, here.at_event) and not facts.is_over
    capacity = publication.event.capacity
    word = typed.get(WORD, "")
    if problem is None or problem.message_key == "attendance.form.old":
        word = new_word(instance, publication.uri)
    answer = await _page(
        instance,
        request,
        "attend.html",
        visitor.t("attendance.form.title"),
        path,
        status=200 if problem is None else problem.status,
        event_title=title_of(chosen_text(publication, visitor)),
        event_path=path,
        event=facts,
        is_open=is_open,
        needs_consent=here.at_event.form == "asked" or publication.event.join_mode == "restricted",
        is_full=capacity is not None and here.coming >= capacity,
        has_waiting=here.at_event.has_waiting,
        has_mail=bool(instance.config.mail.host),
        days=instance.config.retention.attendance_days,
        typed=typed,
        word=word,
        people_max=attendance.PEOPLE_MAX,
        problem=""
        if problem is None
        else visitor.t(problem.message_key, **getattr(problem, "values", {})),
        field=problem.field if isinstance(problem, Invalid) else "",
    )
    retry_after_s = getattr(problem, "retry_after_s", None)
    if retry_after_s is not None:
        answer.headers["retry-after"] = str(retry_after_s)
    return answer


async def _stands(instance: Instance, request: Request) -> Response:
    token = str(request.path_params["token"])
    posture = instance.config.instance.posture

    def look(rx: Reader) -> tuple[Entry, Publication, Gathering] | None:
        entry = attendance.find_by_link(rx, token) if len(token) <= 64 else None
        publication = publication_store.find(rx, entry.event_uri) if entry is not None else None
        if entry is None or publication is None or not _is_still_welcome(rx, entry, publication):
            return None
        return entry, publication, gathering.find(rx, entry.event_uri, posture)

    found = await instance.look(look)
    if found is None:
        raise NotFound("attendance.link_unknown", detail="link")
    entry, publication, at_event = found
    visitor = visitor_here(instance, request)
    is_coming = entry.state == "coming"
    return await _page(
        instance,
        request,
        "attendance.html",
        visitor.t("attendance.stands.title"),
        f"/attendance/{token}",
        entry=entry,
        event=event_facts(publication.event, visitor),
        event_title=title_of(chosen_text(publication, visitor)),
        event_path=f"/event/{entry.event_uri.rpartition('/')[2]}"
        if publication.visibility.is_public
        else "",
        place=where_of(at_event.place, visitor) if is_coming else None,
        online_href=web_link(at_event.online_url) if is_coming else None,
        word=at_event.word if is_coming else "",
        token=token,
        is_expected=entry.state in attendance.CONCERNED,
        only_reminded=entry.state == attendance.REMINDER,
        can_remind=entry.is_actor or entry.has_mail,
        days=instance.config.retention.attendance_days,
    )


def _is_still_welcome(rx: Reader, entry: Entry, publication: Publication) -> bool:
    """Who has the link was let in, and reads what the event says until they are shut out or no reader of it any more."""
    if not entry.is_actor:
        return True
    actor = actor_store.find(rx, entry.who)
    return actor is not None and may_come(rx, actor, publication)


async def _page(
    instance: Instance,
    request: Request,
    template: str,
    title: str,
    path: str,
    *,
    status: int = 200,
    **values: Any,
) -> Response:
    # Whoever changes the language comes back to the same page.
    visitor = replace(visitor_here(instance, request), here=quote(request.url.path, safe="/"))
    site = site_of(instance.config, instance.urls, await instance.look(list_collectives))
    head = Head(title=title, canonical=f"{instance.urls.base}{path}", is_indexed=False)
    return show(
        request, template, visitor, site, head, status=status, headers=dict(_HEADERS), **values
    )


def _print_of(instance: Instance, address: str) -> bytes:
    text = f"attend address {address.lower()}"
    return hmac.new(instance.keyring.secret, text.encode(), hashlib.sha256).digest()


def _signature(instance: Instance, event_uri: str, head: str) -> str:
    text = f"attend {event_uri} {head}"
    return hmac.new(instance.keyring.secret, text.encode(), hashlib.sha256).hexdigest()
