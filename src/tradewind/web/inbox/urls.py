"""The addresses of the workspace."""

from __future__ import annotations

from django.urls import path

from tradewind.web.inbox import deeds, handing_out, pages, writing

urlpatterns = [
    path("", pages.inbox, name="inbox"),
    path("inbox/rows", pages.rows, name="inbox_rows"),
    path("inbox/views", pages.views, name="inbox_views"),
    path("inbox/views/save", deeds.save_view, name="inbox_save_view"),
    path("inbox/views/<int:view_id>/drop", deeds.drop_view, name="inbox_drop_view"),
    path("inbox/bulk", deeds.bulk, name="inbox_bulk"),
    path("inbox/find", handing_out.find, name="inbox_find"),
    path("c/<int:conversation_id>", pages.conversation, name="conversation"),
    path("c/<int:conversation_id>/log", pages.log, name="inbox_log"),
    path("c/<int:conversation_id>/beside/<slug:tab>", pages.aside, name="inbox_aside"),
    path("c/<int:conversation_id>/seen", pages.seen, name="inbox_seen"),
    path("c/<int:conversation_id>/state", deeds.state, name="inbox_state"),
    path("c/<int:conversation_id>/assign", deeds.assign, name="inbox_assign"),
    path("c/<int:conversation_id>/here", deeds.presence, name="inbox_presence"),
    path("c/<int:conversation_id>/composer", writing.composer, name="inbox_composer"),
    path("c/<int:conversation_id>/write", writing.write, name="inbox_write"),
    path("c/<int:conversation_id>/draft", writing.draft, name="inbox_draft"),
    path("c/<int:conversation_id>/check", writing.check, name="inbox_check"),
    path("c/<int:conversation_id>/files", writing.upload, name="inbox_upload"),
    path("messages/<int:message_id>/take-back", writing.take_back, name="inbox_take_back"),
    path("messages/<int:message_id>/retry", writing.retry, name="inbox_retry"),
    path("messages/<int:message_id>/arrived", writing.vouch, name="inbox_vouch"),
    path("messages/<int:message_id>/correcting", deeds.correcting_menu, name="inbox_correcting"),
    path("messages/<int:message_id>/correct", deeds.correct, name="inbox_correct"),
    path("messages/<int:message_id>/mail", handing_out.mail, name="inbox_mail"),
    path("files/<int:attachment_id>", handing_out.file, name="inbox_file"),
    path("files/<int:attachment_id>/remove", writing.detach, name="inbox_detach"),
    path("orders/<int:order_id>/address", handing_out.address, name="inbox_address"),
]
