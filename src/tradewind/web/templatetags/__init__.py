"""Where Django looks for tag libraries; the tags themselves are in ``tradewind.web.parts``."""
