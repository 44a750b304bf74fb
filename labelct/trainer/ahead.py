"""Batches made on the network's device while the network trains on the ones before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from queue import Full, Queue
from threading import Event, Thread
from typing import Any

import torch
from torch import Tensor

Batch = tuple[Tensor, Tensor]
WAIT_S = 0.1  # how long the thread takes to hear that nobody wants its batches any more


class Ahead:
    """The batches of a data set, made in a thread of their own, at most `depth` ahead of the one that is asked for.

    On a GPU the thread works in a CUDA stream of its own, so that the training's kernels need not wait for it, and the
    training's stream waits for a batch without the host. The batches are those of the data set, in its order.
    """

    def __init__(self, batches: Any, device: torch.device, depth: int = 2) -> None:
        """Begin with the first batch when the first one is asked for.

        Args:
            batches: A data set with length and numbered batches, which lie on `device`.
            device: Where the network is.
            depth: How many batches are held ready.
        """
        self.batches, self.device, self.depth = batches, device, depth
        self._over = Event()

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches; an error in the thread is raised here."""
        ready: Queue[Any] = Queue(self.depth)
        stream = None
        if self.device.type == "cuda":
            stream = torch.cuda.Stream(self.device)
            stream.wait_stream(torch.cuda.current_stream(self.device))
        self._over = Event()
        thread = Thread(target=self._make, args=(ready, stream, self._over), name="batches", daemon=True)
        thread.start()
        try:
            for _ in range(len(self)):
                yield self._taken(ready.get())
        finally:
            self._over.set()
            thread.join()

    def close(self) -> None:
        """Let the thread end."""
        self._over.set()

    def _make(self, ready: Queue[Any], stream: Any, over: Event) -> None:
        for number in range(len(self)):
            made: Any
            try:
                with torch.cuda.stream(stream) if stream is not None else nullcontext():
                    batch = self.batches[number]
                    made = batch, stream.record_event() if stream is not None else None
            except BaseException as error:
                made = error
            while not over.is_set():
                try:
                    ready.put(made, timeout=WAIT_S)
                    break
                except Full:
                    continue
            if over.is_set() or isinstance(made, BaseException):
                return

    def _taken(self, made: Any) -> Batch:
        """Return a batch that the training's stream may use."""
        if isinstance(made, BaseException):
            raise made
        batch, event = made
        if event is not None:
            stream = torch.cuda.current_stream(self.device)
            stream.wait_event(event)
            for tensor in batch:
                tensor.record_stream(stream)  # its memory is not given away before the training has read it
        return batch
