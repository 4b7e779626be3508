"""A contract for the import linter: these outside modules are imported in these places of ours and nowhere else.

The linter's own `forbidden` needs a list of every place where a module may not be; a new place would be forgotten.
"""

from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class OnlyInContract(Contract):
    """`modules`: names of outside packages. `places`: our modules that may import them, with all below them."""

    type_name = "only_in"

    modules = fields.SetField(subfield=fields.StringField())
    places = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        strays: list[str] = []
        for module in sorted(cast("set[str]", self.modules)):
            if module in graph.modules:
                importers = sorted(graph.find_modules_that_directly_import(module))
                strays += [
                    self._described(graph, importer, module) for importer in importers if not self._allowed(importer)
                ]
        return ContractCheck(kept=not strays, metadata={"strays": strays})

    def _allowed(self, importer: str) -> bool:
        return any(f"{importer}.".startswith(f"{place}.") for place in cast("set[str]", self.places))

    def _described(self, graph: ImportGraph, importer: str, module: str) -> str:
        lines = sorted(
            {details["line_number"] for details in graph.get_import_details(importer=importer, imported=module)}
        )
        return f"{importer} imports {module} (l.{', l.'.join(str(line) for line in lines)})"

    def render_broken_contract(self, check: ContractCheck) -> None:
        for stray in check.metadata["strays"]:
            output.print_error(f"-   {stray}")
        output.print_error(f"\nOnly these may: {', '.join(sorted(cast('set[str]', self.places)))}.")
