"""HANDLERS: everything we act on when it arrives. Not listed here means: kept, ignored, counted."""

from typing import Final

from inbox.contract import Handler
from inbox.handlers import (
    accept,
    add,
    announce,
    block,
    create,
    delete,
    flag,
    follow,
    ignore,
    invite,
    join,
    leave,
    like,
    move,
    offer,
    quote_request,
    reject,
    remove,
    tentative,
    undo,
    update,
)

HANDLERS: Final[tuple[Handler, ...]] = (
    follow.HANDLER,
    accept.HANDLER,
    reject.HANDLER,
    undo.HANDLER,
    create.HANDLER,
    update.HANDLER,
    delete.HANDLER,
    announce.HANDLER,
    like.HANDLER,
    block.HANDLER,
    add.HANDLER,
    remove.HANDLER,
    flag.HANDLER,
    quote_request.HANDLER,
    move.HANDLER,
    join.HANDLER,
    leave.HANDLER,
    tentative.HANDLER,
    ignore.HANDLER,
    offer.HANDLER,
    invite.HANDLER,
)

BY_ACTIVITY: Final = {name: handler for handler in HANDLERS for name in handler.activities}
