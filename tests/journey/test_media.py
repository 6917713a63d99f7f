"""A file that is still on the platform is fetched after its message, or refused with its reason."""

from __future__ import annotations

import pytest

from tests.channels.connector_fakes import Asked, platform
from tests.journey.telegram_world import TOKEN, make_bot, message, receive
from tradewind.core.jobs import run_waiting
from tradewind.inbox.models import Attachment, Message
from tradewind.inbox.storage import file_store
from tradewind.journey import files, media

PHOTO = [{"file_id": "small", "file_size": 9}, {"file_id": "large", "file_size": 18}]
BYTES = b"\xff\xd8\xff photo of it"


def files_of_telegram(asked: Asked):
    if asked.path.startswith(f"/bot{TOKEN}/getFile?file_id=large"):
        return 200, {"ok": True, "result": {"file_path": "photos/file 7.jpg"}}
    if asked.path == f"/file/bot{TOKEN}/photos/file%207.jpg":
        return 200, BYTES
    return 404, {}


def fetch(row: Attachment) -> Attachment:
    media.fetch(workspace_id=row.workspace_id, attachment_id=row.pk)
    row.refresh_from_db()
    return row


@pytest.fixture
def with_photo(in_alices):
    def arrive(origin: str) -> Attachment:
        channel = make_bot(api_origin=origin)
        receive(channel, message(1, "", photo=PHOTO, caption="It came broken, see the photo."))
        return Attachment.objects.get()

    return arrive


def test_a_photo_is_fetched_and_kept(with_photo):
    with platform(files_of_telegram) as api:
        row = with_photo(api.origin)
        assert (row.state, row.remote) == ("remote", {"media_id": "large"})
        fetch(row)
    assert (row.state, row.size, row.reason) == ("stored", len(BYTES), "")
    assert file_store().get(row.storage_key) == BYTES
    assert Message.objects.get().text == "It came broken, see the photo."


def test_fetched_twice_it_is_asked_once(with_photo):
    with platform(files_of_telegram) as api:
        row = fetch(fetch(with_photo(api.origin)))
    assert len(api.asked) == 2
    assert row.state == "stored"


def test_what_the_platform_has_no_more_is_refused_with_its_reason(with_photo):
    with platform(lambda _: (404, {})) as api:
        row = fetch(with_photo(api.origin))
    assert (row.state, row.reason) == ("refused", "The platform answered HTTP 404.")


def test_a_passing_fault_is_tried_again_until_it_is_not_passing(with_photo):
    with platform(lambda _: (503, {})) as api:
        row = with_photo(api.origin)
        states = [fetch(row).state for _ in range(media.TRIES)]
    assert states == ["remote"] * (media.TRIES - 1) + ["refused"]
    assert "HTTP 503" in row.reason
    assert TOKEN not in row.reason


def test_what_is_too_large_is_not_even_asked_for(with_photo):
    with platform(files_of_telegram) as api:
        row = with_photo(api.origin)
        Attachment.objects.update(size=files.MAX_BYTES + 1)
        fetch(row)
    assert row.state == "refused"
    assert "more than the 40 MB kept here" in row.reason
    assert api.asked == []


@pytest.mark.parametrize(
    "url", ["http://10.0.0.5/x.jpg", "https://10.0.0.5/x.jpg", "file:///etc/x"]
)
def test_an_address_given_by_a_stranger_cannot_reach_inwards(with_photo, url):
    with platform(files_of_telegram) as api:
        row = with_photo(api.origin)
        Attachment.objects.update(remote={"url": url})
        fetch(row)
    assert row.state == "refused"
    assert row.reason


def test_a_plain_address_that_points_on_is_followed(with_photo):
    def answer(asked: Asked):
        if asked.path == "/a":
            return 302, b"", {"Location": "/b"}
        return 200, BYTES, {"Content-Type": "image/jpeg; x=1"}

    with platform(answer) as api:
        row = with_photo(api.origin)
        Attachment.objects.update(
            remote={"url": f"{api.origin}/a"}, mime="application/octet-stream"
        )
        fetch(row)
    assert (row.state, row.mime) == ("stored", "image/jpeg")


@pytest.mark.django_db(transaction=True)
def test_a_worker_fetches_it_without_being_asked(transactional_db):
    from tests.cast import make_cast
    from tradewind.identity.scope import in_workspace

    cast = make_cast()
    with platform(files_of_telegram) as api, in_workspace(cast.workspace.pk):
        receive(make_bot(api_origin=api.origin), message(1, "", photo=PHOTO))
        run_waiting()
        assert Attachment.objects.get().state == "stored"
