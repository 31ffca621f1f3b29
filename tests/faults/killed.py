"""Enter a stage and die by SIGKILL right after one step of the pipeline: killed.py WORKSPACE POSITION ORDER STAGE EVENT."""

import os
import signal
import sys

from engine import open_engine, pipeline


def main(workspace, position, order, stage, event):
    steps = list(pipeline.STEPS)
    start, step = steps[int(position)]

    def dying(work, tools):
        step(work, tools)
        os.kill(os.getpid(), signal.SIGKILL)

    steps[int(position)] = (start, dying)
    pipeline.STEPS = tuple(steps)
    with open_engine(workspace) as engine:
        engine.stage_entered(order, stage, event_id=event)


if __name__ == "__main__":
    main(*sys.argv[1:])
