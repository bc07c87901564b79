"""How a label looks and sounds: themes in versions, logos, fonts, blocks of its own, and what is drawn from them."""
