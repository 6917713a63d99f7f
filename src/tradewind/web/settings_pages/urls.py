"""The settings' addresses."""

from __future__ import annotations

from django.urls import path

from tradewind.web.settings_pages import (
    audit,
    channels,
    connecting,
    people,
    places,
    problem_map,
    profile,
    stores,
    tokens,
)

_CHANNEL = "channels/<int:channel_id>/"

urlpatterns = [
    path("", places.start, name="settings"),
    path("profile/", profile.profile, name="settings_profile"),
    path("profile/password/", profile.password, name="settings_password"),
    path("profile/sign-out/", profile.sign_out_elsewhere, name="settings_sign_out"),
    path("profile/look/", profile.look, name="look"),
    path("workspace/", profile.switch_workspace, name="switch_workspace"),
    path("members/", people.people, name="settings_people"),
    path("members/new/", people.add, name="settings_person_new"),
    path("members/<int:membership_id>/", people.person, name="settings_person"),
    path("members/<int:membership_id>/remove/", people.remove, name="settings_person_remove"),
    path(
        "members/<int:membership_id>/password/",
        people.reset_password,
        name="settings_person_password",
    ),
    path(
        "members/<int:membership_id>/second-step/",
        people.remove_second_step,
        name="settings_person_second_step",
    ),
    path("teams/", people.teams, name="settings_teams"),
    path("teams/<int:team_id>/", people.rename_team, name="settings_team"),
    path("teams/<int:team_id>/remove/", people.remove_team, name="settings_team_remove"),
    path("channels/", channels.channels, name="settings_channels"),
    path("channels/new/", connecting.choose, name="settings_channel_new"),
    path(_CHANNEL, channels.channel, name="settings_channel"),
    path(f"{_CHANNEL}state/", channels.set_state, name="settings_channel_state"),
    path(f"{_CHANNEL}replay/", channels.replay, name="settings_replay"),
    path(f"{_CHANNEL}backfill/", channels.backfill, name="settings_backfill"),
    path(f"{_CHANNEL}connect/", connecting.connect, name="settings_connect"),
    path(f"{_CHANNEL}connect/<slug:step>/", connecting.step, name="settings_connect_step"),
    path(f"{_CHANNEL}checks/", connecting.checks, name="settings_checks"),
    path(f"{_CHANNEL}usual-port/", connecting.use_usual_port, name="settings_usual_port"),
    path(f"{_CHANNEL}try/", connecting.try_example, name="settings_try"),
    path(f"{_CHANNEL}secret/", connecting.rotate, name="settings_rotate"),
    path("stores/", stores.stores, name="settings_stores"),
    path("stores/new/", stores.store, name="settings_store_new"),
    path("stores/<int:store_id>/", stores.store, name="settings_store"),
    path("tokens/", tokens.tokens, name="settings_tokens"),
    path("tokens/<int:token_id>/revoke/", tokens.revoke, name="settings_token_revoke"),
    path("map/", problem_map.tree, name="settings_map"),
    path("map/new/", problem_map.branch, name="settings_map_new"),
    path("map/branch/<slug:code>/", problem_map.branch, name="settings_map_branch"),
    path("map/versions/<int:version>/", problem_map.version, name="settings_map_version"),
    path("map/versions/<int:version>/restore/", problem_map.restore, name="settings_map_restore"),
    path("audit/", audit.audit, name="settings_audit"),
    path("audit/audit.csv", audit.export, name="settings_audit_export"),
]
