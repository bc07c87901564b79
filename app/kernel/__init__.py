"""The ground: databases, jobs, files, mail, money and everything else that every slice needs."""
