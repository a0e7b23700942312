"""The parts of the script. Each is given two people, Ann and Ben, and somebody who is not signed in."""
