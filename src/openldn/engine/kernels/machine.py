"""This machine's code from LLVM's: how many lanes, which processor, and a place to run objects from."""

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Machine:
    """The processor by LLVM's name, its features, and how many doubles its widest registers hold."""

    triple: str
    cpu: str
    features: str
    widest: int


@lru_cache(maxsize=1)
def host() -> Machine:
    """The machine that we run on."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features()
    fused = features.get("fma", False)
    widest = (
        8 if fused and features.get("avx512f", False) else 4 if fused and features.get("avx2", False) else 2
    )
    return Machine(llvm.get_process_triple(), llvm.get_host_cpu_name(), features.flatten(), widest)


def with_registers(text: str, lanes: int) -> str:
    """An IR module whose functions use registers of so many doubles, where LLVM would rather take two of half."""
    bits = 64 * lanes
    text = re.sub(r"(?m)^(define .*)$", r"\1 #0", text)
    return f'{text}\nattributes #0 = {{ "prefer-vector-width"="{bits}" "min-legal-vector-width"="{bits}" }}\n'


def compile_object(text: str, names: Mapping[str, str] | None = None) -> bytes:
    """The object file of an IR module, optimised for this machine. names: what its functions are called there, if otherwise."""
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(text)
    for name, there in (names or {}).items():
        module.get_function(name).name = there
    machine = _target()
    tuning = llvm.create_pipeline_tuning_options(speed_level=2)
    tuning.loop_vectorization = tuning.slp_vectorization = False
    passes = llvm.create_pass_builder(machine, tuning)
    passes.getModulePassManager().run(module, passes)
    return bytes(machine.emit_object(module))


class Loaded:
    """An object file in memory, ready to be called; it stays as long as this lives."""

    def __init__(self, code: bytes) -> None:
        import llvmlite.binding as llvm

        host()
        self._engine: Any = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target())
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Where the function of that name starts; 0 if there is none."""
        return int(self._engine.get_function_address(name))


def _target() -> Any:
    import llvmlite.binding as llvm

    machine = host()
    target = llvm.Target.from_triple(machine.triple)
    return target.create_target_machine(
        cpu=machine.cpu, features=machine.features, opt=3, reloc="pic", codemodel="small", jit=True
    )


def system() -> str:
    """The operating system and processor family in words, for reports."""
    return f"{platform.system()} {platform.machine()}"
