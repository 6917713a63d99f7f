"""Workspaces, people, teams, tokens and the audit log."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from tradewind.identity.owned import Owned


class Workspace(models.Model):
    """One seller company."""

    name = models.CharField(max_length=120)
    # The company's own promise to buyers, beside whatever the platforms demand.
    first_response_minutes = models.PositiveIntegerField(default=240)
    timezone = models.CharField(max_length=64, default="Asia/Shanghai")
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    """Makes people; the e-mail address is who they are."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        """A person who can sign in when a password is given."""
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> Person:
        """The person of an address, whatever its case."""
        return self.get(email__iexact=username)


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    CHINESE = "zh-hans", "简体中文"


class Theme(models.TextChoices):
    SYSTEM = "system", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Density(models.TextChoices):
    RELAXED = "relaxed", _("Relaxed")
    NORMAL = "normal", _("Normal")
    COMPACT = "compact", _("Compact")


class Person(AbstractBaseUser):
    """Someone who signs in. What they may do follows from their memberships."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=10, choices=Language, blank=True)
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(max_length=8, choices=Density, default=Density.NORMAL)
    timezone = models.CharField(max_length=64, default="Asia/Shanghai")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = PersonManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="person_email_any_case")]

    def __str__(self) -> str:
        return self.name or self.email


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Administrator")
    LEAD = "lead", _("Lead")
    AGENT = "agent", _("Agent")
    REVIEWER = "reviewer", _("Reviewer")
    READ_ONLY = "read_only", _("Read only")


class Team(Owned):
    """People who share a queue."""

    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint("workspace", "name", name="team_name")]

    def __str__(self) -> str:
        return self.name


class Membership(Owned):
    """A person's place in a workspace: role, team, languages they answer in, on duty or not."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role, default=Role.AGENT)
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True)
    # BCP 47 codes; empty: any language.
    languages = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    on_duty = models.BooleanField(default=True)
    capacity = models.PositiveIntegerField(default=60)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint("workspace", "person", name="one_membership")]

    def __str__(self) -> str:
        return f"{self.person} ({self.role})"


class Token(Owned):
    """An API token. Only its digest is kept; ``prefix`` is what people recognise it by."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=32), default=list)
    created_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class AuditEntry(Owned):
    """Who did or read what. The database refuses to change or delete a row of this table."""

    at = models.DateTimeField(default=now)
    person = models.ForeignKey(Person, on_delete=models.DO_NOTHING, null=True, related_name="+")
    token = models.ForeignKey(Token, on_delete=models.DO_NOTHING, null=True, related_name="+")
    # A dotted verb: conversation.read, channel.changed, person.invited …
    act = models.CharField(max_length=48)
    subject_kind = models.CharField(max_length=24, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)
    ip = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [
            models.Index("workspace", models.F("id").desc(), name="audit_newest"),
            models.Index("workspace", "subject_kind", "subject_id", name="audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.act}"
