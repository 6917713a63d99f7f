"""Commands by name; each lives in its own module and loads what it needs when it runs."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from tradewind import __version__
from tradewind.core.errors import OperatorError

# name → (module, one line). Loading Django for `--help` or `triage` would cost a second.
COMMANDS = {
    "run": ("running", "Start the desk: database, web and worker."),
    "web": ("running", "Start one web process against the configured database."),
    "worker": ("running", "Start one worker against the configured database."),
    "prepare": ("running", ""),
    "migrate": ("running", "Bring the database up to date."),
    "triage": ("reading", "Read messages from standard input, one JSON object a line."),
    "redact": ("hiding", "Take personal data out of texts from standard input."),
    "evaluate": ("judging", "Hold the reader against labelled messages."),
    "train": ("training", "Teach a model of your own labels, or of what was corrected."),
    "models": ("models", "List the desk's models, choose who reads, go back."),
    "import": ("importing", "Take in old mail or messages: mbox, Maildir, .eml, JSONL."),
    "connector": ("connectors", "Check connector files against example payloads."),
    "channel": ("connectors", "List channels, show their ledger, replay failed deliveries."),
    "token": ("people", "Make and revoke API tokens."),
    "person": ("people", "Add people and set passwords."),
    "backup": ("keeping", "Write everything to one file."),
    "restore": ("keeping", "Bring a backup back into an empty place."),
    "bench": ("benching", "Measure speeds; prints JSON."),
    "settings": ("running", "List every setting, its meaning and its present value."),
}


class Lazy(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order they are told."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"tradewind.project.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line each, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items() if line])


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tradewind")
def cli() -> None:
    """Tradewind, the after-sales desk for cross-border sellers."""


def main() -> None:
    """Run the command line; what the operator must mend is said in a sentence, without a trace."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradewind.project.settings")
    try:
        cli.main(prog_name="tradewind", standalone_mode=False)
    except OperatorError as error:
        click.echo(f"tradewind: {error}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
