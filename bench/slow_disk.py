"""A PostgreSQL whose every fsync takes longer, by a library that stands between it and the C library."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from gateway.postgres_home import find_binaries

SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static const struct timespec pause = {0, %d};

#define SLOW(name)                                                            \\
    int name(int fd) {                                                        \\
        int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, #name);             \\
        nanosleep(&pause, 0);                                                 \\
        return real(fd);                                                      \\
    }
SLOW(fsync)
SLOW(fdatasync)
"""


async def slow_postgres(folder: Path, seconds: float) -> Path | None:
    """A folder with PostgreSQL's programs, of which the server sleeps before each fsync; None without a C compiler.

    Raises RuntimeError when the compiler fails.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        return None
    source, library, programs = folder / "slow.c", folder / "slow.so", folder / "bin"
    source.write_text(SOURCE % int(seconds * 1e9))
    child = await asyncio.create_subprocess_exec(compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl")
    if await child.wait():
        raise RuntimeError(f"{compiler} could not build the slow disk")
    programs.mkdir()
    for program in find_binaries().folder.iterdir():
        (programs / program.name).symlink_to(program)
    server = (programs / "postgres").resolve()
    (programs / "postgres").unlink()
    (programs / "postgres").write_text(f'#!/bin/sh\nLD_PRELOAD={library} exec {server} "$@"\n')
    (programs / "postgres").chmod(0o755)
    for path in (folder, programs, library):
        path.chmod(0o755)
    return programs
