"""The deep reader: a multilingual encoder, its word pieces, and the labels it was taught."""
