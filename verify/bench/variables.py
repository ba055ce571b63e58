"""The environment variables by which a run is handed to the simulator's process."""

#: The file that holds the cases.
CASES_VARIABLE = "HEDDLE_CASES"
#: The file that takes the outcomes, a line each.
OUTCOMES_VARIABLE = "HEDDLE_OUTCOMES"
#: The number of the first case to run, from 0.
FIRST_VARIABLE = "HEDDLE_FIRST_CASE"
