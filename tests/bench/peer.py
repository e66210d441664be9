"""What the peers of codec_bench have in common: making the input of a case, and timing it."""
import json
import sys
import time


def run(cases, inputs, otherwise):
    """PROGRAM CASE FILE SECONDS: one line of JSON. PROGRAM --make CASE FILE writes the input of that case.

    `cases` convert bytes; `inputs` make them, and `otherwise` those of all other cases.
    """
    if sys.argv[1] == "--make":
        with open(sys.argv[3], "wb") as file:
            file.write(inputs.get(sys.argv[2], otherwise)())
        return
    case, seconds = cases[sys.argv[1]], float(sys.argv[3])
    with open(sys.argv[2], "rb") as file:
        value = file.read()
    case(value)
    turns = 1
    while True:
        begun = time.process_time()
        for _ in range(turns):
            case(value)
        used = time.process_time() - begun
        if used >= seconds / 2:
            break
        turns *= 2
    print(json.dumps({"us": used / turns * 1e6, "values": turns}))
