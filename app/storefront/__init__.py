"""BopShop: what a label sells to fans, where and for how much; orders, payments, fulfilment, and the shop's pages."""
