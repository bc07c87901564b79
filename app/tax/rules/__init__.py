"""Rules of tax forms, withholding, the year's end and screening."""
