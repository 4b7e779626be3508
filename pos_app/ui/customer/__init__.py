"""The customer's display: a second window that shows the sale, and nothing of the shop's own business."""
