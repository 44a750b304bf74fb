from .backproject import reconstruct as reconstruct
from .device import check as check
from .device import host as host
from .noise import measure as measure
from .projector import adjoint as adjoint
from .projector import forward as forward
from .projector import project as project
from .refine import refine as refine
