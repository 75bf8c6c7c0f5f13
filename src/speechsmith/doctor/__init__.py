"""The doctor: looks at an installation, part by part, and says what to mend. It changes nothing in the home.

Each check gives findings, and each finding has a sentence; what is not well has a second one, with the next step. A
check that breaks is a finding too, so that one sick part hides no other.
"""
