"""Who the tax office asks about: forms that payees sign, what is withheld, the year's end, sanctions screening."""
