# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What tests of several processes begin with: $build is the folder of the build. Ends the script, and says
# why, where there is no OpenMPI.

if ! command -v mpirun >/dev/null || [ ! -e "${build:?}/plugins/comm/mpi.so" ]; then
    echo "skipped: $(basename "$0" .sh), since OpenMPI is not installed, or was not when this was built"
    exit 0
fi
PATH=$build:$PATH
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
