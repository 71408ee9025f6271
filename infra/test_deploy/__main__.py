"""The whole of Tintype deployed into an emulator on loopback: signed in to, used, watched, deleted and adopted.

`make test-deploy` runs it in a network of its own. What it proves, and what only real AWS can show, stands in
docs/DEPLOY.md. The functions are the real bootstrap binaries; each runs under its own role, and every call they make is
held against what the template grants, both ways.
"""

import argparse
import pathlib
import sys
import time

from claims import Failed
from coming_in import comes_up, lets_in_whom_it_should, says_what_is_missing, token_ends
from deployment import Deployment
from emulator import ROOT, Emulator
from keeping import audits_and_repairs, heals_from_uploads, keeper_keeps, schedule_runs, tries_again
from keys import expelled_stay_outside, key_rotates
from leaving import goes_and_comes_back, google_takes_over
from photos import keeps_photos, measures, shows_images
from refuses import refuses
from rights import least_privilege, least_privilege_is_checked, metrics_are_there


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--emulator-python", required=True, help="the Python that has ministack")
    parser.add_argument("--bootstraps", type=pathlib.Path, default=ROOT / "target" / "lambda")
    parser.add_argument("--keep", action="store_true", help="keep the emulator's folder, with its logs")
    options = parser.parse_args()
    start = time.monotonic()
    emulator = Emulator(options.emulator_python, options.keep)
    try:
        cloud = Deployment(emulator, options.bootstraps)

        def step(claims, *arguments):
            begun = time.monotonic()
            print(claims.__name__.replace("_", " "), flush=True)
            answer = claims(*arguments)
            print(f"      {time.monotonic() - begun:.1f} s", flush=True)
            return answer

        step(says_what_is_missing, cloud)
        step(refuses, cloud)
        step(comes_up, cloud)
        person = step(lets_in_whom_it_should, cloud)
        step(token_ends, cloud)
        photo_id, photo = step(keeps_photos, cloud, person)
        step(shows_images, cloud, person, photo)
        step(keeper_keeps, cloud, person, photo_id)
        step(audits_and_repairs, cloud, person, photo_id)
        step(tries_again, cloud, person)
        step(heals_from_uploads, cloud, person)
        step(schedule_runs, cloud)
        step(metrics_are_there, cloud)
        step(key_rotates, cloud, person, photo)
        step(least_privilege, cloud)
        step(least_privilege_is_checked, cloud, person)
        step(expelled_stay_outside, cloud, person, photo)
        step(measures, cloud, person)
        step(goes_and_comes_back, cloud, photo_id)
        step(google_takes_over, cloud)
        print(f"All of it works, in {time.monotonic() - start:.0f} s.")
    finally:
        emulator.stop()


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"test-deploy: {failed}")
