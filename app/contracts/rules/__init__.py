"""What contracts say, as pure functions of their terms."""
