"""The fault campaign: Maestro is killed, flooded, cut off and lied to, and then must have lost and doubled nothing.

`make faults` runs it; docs/faults.md says what is thrown, what must hold, and how to read what is printed.
"""
