"""The screens. One folder a screen: urls, views, forms, templates; no rules of the house."""
