"""Typer in Italian: its help pages and its complaints about the command line.

Typer writes both in English and offers no translation, so the pages are laid out here and the complaints are
recognised by their wording; one that is not recognised becomes a general one, never an English one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from conciliazione_lib.errors import UsoError

_KINDS = MappingProxyType(
    {
        "str": "testo",
        "list[str]": "testo",
        "list[int range]": "numero",
        "list[int]": "numero",
        "int": "numero",
        "int range": "numero",
        "float": "numero",
        "float range": "numero",
        "path": "percorso",
        "file": "file",
        "directory": "cartella",
    }
)
_COMPLAINTS: tuple[tuple[str, str], ...] = (
    (r"No such option:? '?([^' ]+)'?.*Possible options?: (.+)\)", "Opzione sconosciuta: {0}. Forse: {1}."),
    (r"No such option:? '?([^' ]+)'?.* Did you mean (.+)\?", "Opzione sconosciuta: {0}. Forse: {1}."),
    (r"No such option:? '?([^' ]+)'?", "Opzione sconosciuta: {0}."),
    (r"Missing command", "Manca il comando."),
    (r"Missing argument '([^']+)'", "Manca l'argomento «{0}»."),
    (r"Missing option '([^']+)'", "Manca l'opzione {0}, che è obbligatoria."),
    (r"Got unexpected extra arguments? ?\(?s?\)? ?\((.+)\)", "Argomenti di troppo: {0}."),
    (r"Option '([^']+)' requires (?:an|\d+) arguments?", "L'opzione {0} vuole un valore."),
    (r"Option '([^']+)' does not take a value", "L'opzione {0} non vuole un valore."),
    (r"Invalid value for '([^']+)'.*not one of (.+)\.", "Valore non ammesso per {0}. Valori possibili: {1}."),
    (r"Invalid value for '([^']+)'.*should be ('.+)", "Valore non ammesso per {0}. Valori possibili: {1}."),
    (r"Invalid value for '([^']+)'.*(?:integer|number|int\b|float\b)", "Il valore di {0} deve essere un numero."),
    (r"Invalid value for '([^']+)'.*'(.+)' does not exist", "Il percorso indicato per {0} non esiste: {1}."),
    (r"Invalid value for '([^']+)'.*'(.+)' is a directory", "Per {0} serve un file, non una cartella: {1}."),
    (r"Invalid value for '([^']+)'.*'(.+)' is a file", "Per {0} serve una cartella, non un file: {1}."),
    (r"Invalid value for '([^']+)'", "Valore non ammesso per {0}."),
)


def complaint(english: str) -> str:
    """Say in Italian what Typer complains about.

    Parameters
    ----------
    english : str
        The message of Typer's exception.

    Returns
    -------
    str
        One Italian sentence.
    """
    for schema, italian in _COMPLAINTS:
        found = re.match(schema, english, re.DOTALL)
        if found:
            return italian.format(*(part.replace(" or ", " o ").replace("'", "") for part in found.groups()))
    return "La riga di comando non è scritta come dovrebbe."


def _entry(parameter: Any, context: Any) -> tuple[str, str] | None:
    """Return the name and the explanation of an option or argument, as the help page shows them."""
    entry = parameter.get_help_record(context)
    if entry is None:
        return None
    name = re.sub(r"<(.+?)>", lambda kind: f"<{_KINDS.get(kind[1], kind[1])}>", entry[0])
    help_ = parameter.help or ""
    additions = []
    default = parameter.default
    if default not in (None, False, (), []) and parameter.show_default and not callable(default):
        additions.append(f"se manca: {default}")
    if parameter.required and parameter.param_type_name == "option":
        additions.append("obbligatoria")
    return name, f"{help_} [{'; '.join(additions)}]" if additions else help_


class _Italian:
    """What commands and groups share: the layout of their help page."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        pieces = super().collect_usage_pieces(ctx)  # type: ignore[misc]
        translated = {"[OPTIONS]": "[OPZIONI]", "COMMAND [ARGS]...": "COMANDO [ARGOMENTI]…"}
        arguments = {parameter.name for parameter in self.get_params(ctx)}  # type: ignore[attr-defined]
        pieces = [translated.get(piece, piece) for piece in pieces]
        return [f"<{piece[1:-1]}>" if piece[1:-1] in arguments and piece[0] == "{" else piece for piece in pieces]

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix="Uso: ")

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = "Mostra questo aiuto ed esce."
        return option

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for kind, title in (("argument", "Argomenti"), ("option", "Opzioni")):
            parameters = [p for p in self.get_params(ctx) if p.param_type_name == kind]  # type: ignore[attr-defined]
            entries = [entry for parameter in parameters if (entry := _entry(parameter, ctx))]
            if entries:
                with formatter.section(title):
                    formatter.write_dl(entries)
        if isinstance(self, TyperGroup):
            with formatter.section("Comandi"):
                formatter.write_dl(self.summary(ctx))  # type: ignore[attr-defined]


class Command(_Italian, TyperCommand):
    """A command whose help page is in Italian."""


class Group(_Italian, TyperGroup):
    """A group of commands whose help page is in Italian."""

    def summary(self, ctx: Any) -> list[tuple[str, str]]:
        """Return name and one line of explanation of every command of the group."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        return [(name, command.get_short_help_str(90)) for name, command in commands if command is not None]

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str, Any, list[str]]:
        """Find the command asked for, or suggest the nearest."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None:
            similar = get_close_matches(name, self.list_commands(ctx))
            raise UsoError(
                f"Comando sconosciuto: «{name}»." + (f" Forse «{similar[0]}»." if similar else ""),
                remedy=f"per l'elenco dei comandi: {ctx.command_path} --help",
            )
        return name, command, args[1:]


class App(typer.Typer):
    """A Typer application that speaks Italian; every module of commands has one, named ``app``.

    Parameters
    ----------
    help_ : str, optional
        What the group is for. A module with a single command needs none.
    cls : type, optional
        The class of the group.
    """

    def __init__(self, help_: str | None = None, cls: type[TyperGroup] = Group) -> None:
        super().__init__(
            cls=cls,
            help=help_,
            add_completion=False,
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
            subcommand_metavar="COMANDO [ARGOMENTI]…",
            options_metavar="[OPZIONI]",
        )

    def italian_command(self, nome: str | None = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a function as a command; its docstring is its help page."""
        return self.command(nome, cls=Command, options_metavar="[OPZIONI]")


def execute(command: Any, arguments: Sequence[str] | None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    command : typer command
        What :func:`typer.main.get_command` makes of an :class:`App`.
    arguments : sequence of str or None
        The command line after the program's name; None for that of the process.

    Returns
    -------
    int
        0, or what the command returned.

    Raises
    ------
    UsoError
        If the command line is wrong.
    """
    try:
        code = command.main(arguments, prog_name="conciliazione", standalone_mode=False)
    except typer.exceptions.TyperException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "conciliazione"
        raise UsoError(complaint(error.format_message()), remedy=f"per l'aiuto: {path} --help") from error
    return code if isinstance(code, int) else 0
