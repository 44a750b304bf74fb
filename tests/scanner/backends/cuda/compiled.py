"""Kernels compiled for cards that are not here: Triton brings NVIDIA's assembler."""

import pytest

from labelct.scanner.backends.cuda.blocks import FUSED
from labelct.scanner.backends.cuda.device import INTERPRETED


def compiles(kernel, types, constants, capability):
    """Compile a kernel for a compute capability; arguments of no given type are whole numbers of 32 bits."""
    if INTERPRETED:
        pytest.skip("interpreted: nothing is compiled")
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    signature = {name: "constexpr" if name in constants else types.get(name, "i32") for name in kernel.arg_names}
    source = ASTSource(fn=kernel, signature=signature, constexprs=constants)
    made = triton.compile(source, target=GPUTarget("cuda", capability, 32), options={"num_warps": 4, **FUSED})
    assert made.asm["cubin"]
    assert ".local" not in made.asm["ptx"]
