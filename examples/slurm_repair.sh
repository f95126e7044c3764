#!/bin/sh
#SBATCH --job-name=tracemend
#SBATCH --cpus-per-task=1
# Repairs many traces with a Slurm job array, in three steps that each may be repeated:
#
#   sbatch --wait --array=1-N examples/slurm_repair.sh learn LIST FOLDER     one model a trace
#   sbatch --wait             examples/slurm_repair.sh merge LIST FOLDER     their sum
#   sbatch --wait --array=1-N examples/slurm_repair.sh repair LIST FOLDER    every trace, with the sum
#
# LIST has the path of a trace in each of its N lines; every node sees these paths and FOLDER. Outputs appear whole or not at all, so a
# killed task is simply started again. Without Slurm, SLURM_ARRAY_TASK_ID says which line is meant.
set -eu
step=$1 list=$2 folder=$3
tracemend=${TRACEMEND:-tracemend}
task=${SLURM_ARRAY_TASK_ID:-0}
trace() { sed -n "${task}p" "$list"; }
mkdir -p "$folder"
case $step in
    learn) "$tracemend" train "$(trace)" --threads 1 -o "$folder/$task.model" ;;
    merge) "$tracemend" merge "$folder"/[0-9]*.model -o "$folder/all.model" ;;
    repair) "$tracemend" repair "$(trace)" --model "$folder/all.model" --threads 1 -o "$folder/$task.parquet" ;;
    *) echo "no step is called $step; use learn, merge or repair" >&2; exit 2 ;;
esac
