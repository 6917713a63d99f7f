"""Refusals and reasons in the reader's language.

Services speak English, to programs and to the log; what a person meets on a screen is said again
here. A test walks every refusal that services raise and finds none without its words.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext as say
from django.utils.translation import gettext_noop as _

from tradewind.web.parts.mail_checks import sentence_of

_SENTENCES = [
    _("there is no such person"),
    _("there is no such team"),
    _("there is no such token"),
    _("there is no such workspace"),
    _("there is no such channel"),
    _("there is no such order"),
    _("there is no such buyer"),
    _("there is no such store"),
    _("there is no such conversation"),
    _("there is no such message"),
    _("there is no such file"),
    _("there is no such saved view"),
    _("there is no such version of the map"),
    _("there is no such model"),
    _("there is no such label task"),
    _("there is no such message in this task"),
    _("there is no such disputed message"),
    _("there is no such label of this message"),
    _("this needs the right “%(right)s”"),
    _("%(email)s also works in another workspace and keeps their way in"),
    _("%(email)s is already in this workspace"),
    _("name: got nothing, wanted a name for the team"),
    _("there is a team “%(name)s” already"),
    _("a workspace needs an owner: make somebody else owner first"),
    _("%(field)s: got “%(got)s”, wanted one of %(wanted)s"),
    _("%(field)s: got %(got)s, wanted one of %(wanted)s"),
    _("%(field)s: got nothing, wanted one of %(wanted)s"),
    _("%(field)s: got “%(got)s”, wanted a list"),
    _("scope: got %(got)s, wanted some of %(wanted)s"),
    _("scopes: got none, wanted some of %(wanted)s"),
    _("%(fields)s: not a person's own to change"),
    _("look: got “%(got)s”, wanted theme or density"),
    _("a token has no password"),
    _("%(fields)s: not a setting of the workspace"),
    _("%(fields)s: not a setting of a store"),
    _("there is a store “%(name)s” already"),
    _("there is no connector file for the platform “%(platform)s”"),
    _("%(platform)s takes no replies: answer by mail"),
    _("name: got nothing, wanted a name"),
    _("The host %(host)s has no address."),
    _("The host %(host)s is in a private network."),
    _("Only https is called, got %(got)s."),
    _("The address has no plain host name."),
    _("the callback could not be reached or did not answer"),
    _("the callback answered %(status)s"),
    _("%(platform)s has no webhook."),
    _("The body is too large."),
    _("This platform sends no signed requests."),
    _("An example cannot be signed: %(fault)s."),
    _("this channel has no secret that we choose"),
    _("The platform could not be reached (%(kind)s)."),
    _("The platform did not answer in time or broke off (%(kind)s)."),
    _("store: got “%(got)s”, wanted a number"),
    _("clock: got “%(got)s”, wanted over or soon"),
    _("cursor: got “%(got)s”, wanted one that a page gave as next"),
    _("snoozing wants a time, other states none"),
    _("until: got %(got)s, wanted a time to come"),
    _("text: got nothing, wanted at least a word"),
    _("text: got %(n)s characters, wanted at most %(most)s"),
    _("the buyer has written since you began: read it, then send"),
    _("file: “%(name)s” is empty"),
    _("file: “%(name)s” has %(n)s MB, wanted at most %(most)s MB"),
    _("file: a reply takes at most %(most)s files"),
    _("act: got “%(got)s”, wanted assign, resolve or no_reply"),
    _("state: got “%(got)s”, wanted looking, writing, idle or gone"),
    _("the map is at version %(now)s now, your change was made on %(base)s"),
    _("the map is at version %(now)s now"),
    _("code: got “%(code)s”, wanted like “logistics.delay” (a–z, 0–9, _)"),
    _("code: “%(code)s” is there twice"),
    _("code: “%(code)s” is there already"),
    _("%(code)s: unknown keys %(keys)s"),
    _("%(code)s: wanted a name in English and in Chinese"),
    _("%(code)s: severity: got %(got)s, wanted 0, 1, 2 or 3"),
    _("%(code)s: its branch “%(branch)s” must stand before it"),
    _("the branch: got nothing, wanted its names"),
    _("field: got “%(got)s”, wanted intent, threats, language, %(more)s"),
    _("language: got “%(got)s”, wanted a BCP 47 code such as de or pt-BR"),
    _("the task is closed"),
    _("colleagues were quicker: this message has its labels"),
    _("you have labelled this message already"),
    _("there is nothing to take back"),
    _("this message was settled meanwhile"),
    _("what others said of this message can be seen: nothing is taken back now"),
    _("what was said of this message can be seen: it waits to be settled"),
    _("not everybody has labelled this message; until then labels are hidden"),
    _("this message is not disputed any more"),
    _(
        "“%(name)s” says none of the problems of our messages; judge it with `tradewind "
        "evaluate --model FOLDER FILE`"
    ),
    _("the model “%(name)s” cannot be read: %(why)s"),
    _("the built-in reader reads first anyway; wanted a model of your own"),
    _("“%(name)s” says labels that are no leaves of the problem map: %(labels)s"),
    _("name: got “%(got)s”, wanted a–z, 0–9 and -, at most 40"),
    _("there is a model “%(name)s” already; a name is never given twice"),
    _("a lesson of “%(name)s” is not over; name it otherwise"),
    _("“%(name)s” is the champion; a challenger is another model"),
    _("there was no champion before this one"),
    _("now: got “%(got)s”, wanted a leaf of the problem map"),
    _("was: “%(was)s” is a leaf in use; take it out of the map first"),
    _("count: got %(got)s, wanted 1 to %(most)s"),
    _("labellers: got %(got)s, wanted 1, 2 or 3"),
    _("there is no message of this kind that nobody labelled or corrected yet"),
    _("name: got nothing, wanted a name to know the task by"),
    _("line %(n)s: %(fault)s"),
    _("expected a JSON object with “text”"),
    _("got %(n)s lines, wanted at most %(most)s"),
    _("got no line, wanted one JSON object a line"),
    _("… and %(n)s more"),
    _("attachments: %(id)s is no file of your draft"),
    _("this idempotency key was used for another reply"),
    _("too late: it is on its way"),
    _("only a reply that failed can be sent again"),
    _("only of a reply that is unsure can this be said"),
    _("only a mailbox can be read again from an earlier day"),
    _("since: got %(since)s, wanted a day up to %(until)s"),
    _("given by %(who)s"),
    _("answers in %(language)s; %(load)s of %(most)s open"),
    _("answers in any language; %(load)s of %(most)s open"),
    _("The platform does not sign its requests, so nothing that comes over HTTP is taken."),
    _("The request is refused: %(fault)s."),
    _("The signature in %(place)s does not fit the request."),
    _("The timestamp %(text)s is not a time in unit %(unit)s."),
    _("The timestamp is %(away)s s away, at most %(most)s s are allowed."),
    _("The signature in %(place)s is not a base64 ticket with kid and signature."),
    _("The public key %(kid)s could not be had from the platform."),
    _("%(platform)s declares no poll “%(name)s” any more"),
    _("the program stopped while this was being sent; look whether the buyer has it"),
    _("it could not be made ready to be sent (%(kind)s)"),
    _("sending broke (%(kind)s); look whether the buyer has it"),
    _("%(host)s refused %(user)s: %(why)s."),
    _("%(host)s answered %(code)s: %(why)s."),
    _("%(host)s answered %(code)s: %(why)s"),
    _("%(host)s dropped the connection (%(why)s)."),
    _("%(host)s broke the connection (%(why)s)."),
    _(
        "%(host)s took the whole mail and broke the connection before it said yes "
        "(%(why)s); it may have arrived."
    ),
    _("The connection to %(place)s broke (%(why)s)."),
    _("The folder %(folder)s cannot be read: %(why)s."),
    _("The server refused the search %(what)s: %(why)s."),
    _("The server refused to hand out mails: %(why)s."),
    _("TLS must be ssl, starttls or none; it is set to %(got)s."),
    _("The server takes no mail from %(sender)s: %(why)s."),
    _("The server takes mail from %(sender)s."),
    _("The mail names no sender or no recipient."),
    _("The account has no secret thread_key."),
    _("%(host)s is not connected."),
    _("Signed in as %(user)s."),
    _("%(host)s is used without sign-in."),
    _("INBOX is the folder that every mailbox has."),
    _("The account may only send as itself; is the sender one of its addresses?"),
    _("%(place)s is missing"),
    _("%(place)s was sent more than once"),
    _("%(place)s is empty"),
    _("the account has no secret %(name)s"),
    _("the account has no setting %(name)s"),
    _("the body is not a form"),
    _("the connector names no place for the signature"),
    _("only the platform itself can sign its requests"),
]
_PLACE = re.compile(r"%\((\w+)\)s")


def _pattern_of(sentence: str) -> re.Pattern[str]:
    parts = _PLACE.split(sentence)
    literal = [re.escape(part) for part in parts[::2]]
    places = [f"(?P<{name}>.+?)" for name in parts[1::2]] + [""]
    return re.compile("".join(a + b for a, b in zip(literal, places, strict=True)))


# The most words first: “name: got nothing” is more than “%(field)s: got nothing”.
_PATTERNS = [
    (_pattern_of(sentence), sentence)
    for sentence in sorted(_SENTENCES, key=lambda s: len(_PLACE.sub("", s)), reverse=True)
]


def said(text: str) -> str:
    """The text in the reader's language, line by line; as it is where we have no words for it."""
    return "\n".join(map(_said, text.split("\n")))


def _said(line: str) -> str:
    for pattern, sentence in _PATTERNS:
        if found := pattern.fullmatch(line):
            filled = found.groupdict()
            if "fault" in filled:
                filled["fault"] = _said(filled["fault"])
            return say(sentence) % filled
    return sentence_of(line)
