from django.db import migrations, models
from django.db.models import Q

OPEN = ~Q(state="resolved")


class Migration(migrations.Migration):
    dependencies = [("inbox", "0002_figures")]
    operations = [
        migrations.AddIndex(
            "conversation",
            models.Index("workspace", "store", "rank_at", "id", condition=OPEN, name="conv_store"),
        ),
        migrations.AddIndex(
            "conversation",
            models.Index(
                "workspace", "platform_due_at",
                condition=OPEN & Q(platform_due_at__isnull=False), name="conv_platform_due",
            ),
        ),
        migrations.AddIndex(
            "conversation",
            models.Index(
                "workspace", "company_due_at",
                condition=OPEN & Q(company_due_at__isnull=False), name="conv_company_due",
            ),
        ),
        migrations.AddIndex(
            "conversation",
            models.Index(
                "workspace", "rank_at", "id",
                condition=OPEN & (Q(urgency="critical") | ~Q(threats=[])), name="conv_risk",
            ),
        ),
        migrations.AddIndex(
            "conversation",
            models.Index("workspace", "order", condition=Q(order__isnull=False), name="conv_order"),
        ),
    ]
