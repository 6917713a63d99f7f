"""Where files lie: a folder of the installation, or an S3-compatible bucket."""

from __future__ import annotations

import hashlib
import os
import secrets
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings


class FileStore(Protocol):
    """Keeps bytes by key."""

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes, the same key again replaces them; OSError when they cannot be kept."""

    def get(self, key: str) -> bytes:
        """The bytes; raises FileNotFoundError."""
        ...

    def delete(self, key: str) -> None:
        """Forget the bytes; an unknown key is no error."""


class Folder:
    """Files in a folder; keys are made by us and never contain what a stranger chose."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, data: bytes) -> None:
        """Write the file whole or not at all."""
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{secrets.token_hex(6)}")
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def get(self, key: str) -> bytes:
        """The bytes of the file."""
        return (self.root / key).read_bytes()

    def delete(self, key: str) -> None:
        """Remove the file if it is there."""
        (self.root / key).unlink(missing_ok=True)


class Bucket:
    """Files in an S3-compatible bucket (the extra ``s3``)."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self.client, self.bucket, self.prefix = client, bucket, prefix

    def put(self, key: str, data: bytes) -> None:
        """Upload the object."""
        try:
            self.client.put_object(Bucket=self.bucket, Key=self.prefix + key, Body=data)
        except Exception as error:  # the client's own errors, made by its library at run time
            raise OSError(f"the bucket {self.bucket} did not take a file: {error}") from error

    def get(self, key: str) -> bytes:
        """Download the object."""
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=self.prefix + key)
        except self.client.exceptions.NoSuchKey as error:
            raise FileNotFoundError(key) from error
        return bytes(answer["Body"].read())

    def delete(self, key: str) -> None:
        """Remove the object."""
        self.client.delete_object(Bucket=self.bucket, Key=self.prefix + key)


@cache
def file_store() -> FileStore:
    """The store that TRADEWIND_STORAGE names."""
    env = settings.ENV
    if env.storage == "files":
        return Folder(settings.HOME / "files")
    import boto3  # noqa: PLC0415  # an extra that most installations do not have

    place = urlsplit(env.storage)
    client = boto3.client(
        "s3",
        endpoint_url=env.s3_endpoint or None,
        region_name=env.s3_region or None,
        aws_access_key_id=env.s3_access_key or None,
        aws_secret_access_key=env.s3_secret_key or None,
    )
    prefix = place.path.strip("/")
    return Bucket(client, place.netloc, f"{prefix}/" if prefix else "")


def key_for(workspace_id: int, data: bytes) -> str:
    """A key for these bytes within the workspace: the same file twice is kept once."""
    digest = hashlib.sha256(data).hexdigest()
    return f"{workspace_id}/{digest[:2]}/{digest}"
