"""What every page and every API call goes through: hosts, headers, refusals, limits, languages."""
