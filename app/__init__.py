"""What a label does: the slices of the product, and the kernel they stand on."""
